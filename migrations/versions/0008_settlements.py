"""What the gateway paid out: the days asked about, the lines of its reports

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

WAITING = sa.text('next_look_at IS NOT NULL')


def upgrade() -> None:
    op.create_table('settlement_day',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('next_look_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('looks', sa.Integer(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_day')),
    sa.UniqueConstraint('day', name=op.f('uq_settlement_day_day'))
    )
    op.create_index('ix_settlement_day_next_look_at', 'settlement_day', ['next_look_at'], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table('settlement_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.String(length=40), nullable=False),
    sa.Column('settlement_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('credit', sa.Integer(), nullable=False),
    sa.Column('debit', sa.Integer(), nullable=False),
    sa.Column('fee', sa.Integer(), nullable=False),
    sa.Column('tax', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('utr', sa.String(length=60), nullable=False),
    sa.Column('payment_ref', sa.String(length=40), nullable=False),
    sa.Column('order_ref', sa.String(length=40), nullable=False),
    sa.Column('receipt', sa.String(length=40), nullable=False),
    sa.Column('method', sa.String(length=30), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cleared_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cleared_by_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=300), server_default='', nullable=False),
    sa.CheckConstraint('amount >= 0 AND credit >= 0 AND debit >= 0 AND fee >= 0 AND tax >= 0', name=op.f('ck_settlement_line_amounts')),
    sa.CheckConstraint("(cleared_at IS NULL) = (note = '')", name=op.f('ck_settlement_line_cleared_says_why')),
    sa.ForeignKeyConstraint(['cleared_by_id'], ['user.id'], name=op.f('fk_settlement_line_cleared_by_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_line')),
    sa.UniqueConstraint('entity_id', 'settlement_id', name=op.f('uq_settlement_line_entity_id_settlement_id'))
    )
    op.create_index('ix_settlement_line_settlement_id', 'settlement_line', ['settlement_id'])


def downgrade() -> None:
    op.drop_table('settlement_line')
    op.drop_table('settlement_day')
