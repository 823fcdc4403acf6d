"""Breakers, suppressions, deliveries

The outbox's columns are added and dropped by plain ALTER TABLE: a batch would copy the table on SQLite
without its CHECK constraints. A CHECK that belongs to its column goes with it.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

DELIVERY = (
    "delivery VARCHAR(20) DEFAULT 'unknown' NOT NULL CONSTRAINT ck_outbox_message_delivery"
    " CHECK (delivery IN ('unknown', 'delayed', 'delivered', 'bounced'))"
)
OWED = sa.text('due_at IS NOT NULL')
NAMES = ('delivery', 'fault', 'transport', 'slim', 'delivery_at', 'delivery_words', 'pruned_at')
# name, columns, which rows (SQLite, PostgreSQL)
PARTIAL = (
    ('ix_outbox_message_unpruned', ['created_at'], ('pruned_at IS NULL', 'pruned_at IS NULL')),
    ('ix_outbox_message_sent_at', ['sent_at', 'state'], ('sent_at IS NOT NULL', 'sent_at IS NOT NULL')),
    ('ix_outbox_message_uncertain', ['id'], ('uncertain = 1', 'uncertain')),
    ('ix_outbox_message_bounced', ['id'], ("delivery = 'bounced'", "delivery = 'bounced'")),
)


def plain_columns():
    return (
        sa.Column('fault', sa.String(length=12), server_default='', nullable=False),
        sa.Column('transport', sa.String(length=20), server_default='', nullable=False),
        sa.Column('slim', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('delivery_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('delivery_words', sa.Text(), server_default='', nullable=False),
        sa.Column('pruned_at', sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    op.create_table('mail_transport',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('breaker', sa.Enum('closed', 'open', name='breaker', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wait_seconds', sa.Integer(), nullable=False),
    sa.Column('fault', sa.String(length=12), nullable=False),
    sa.Column('last_code', sa.Integer(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('last_fault_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_ok_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('sent_today', sa.Integer(), nullable=False),
    sa.CheckConstraint("(breaker = 'open') = (next_probe_at IS NOT NULL)", name=op.f('ck_mail_transport_probe_while_open')),
    sa.CheckConstraint('sent_today >= 0 AND failures >= 0', name=op.f('ck_mail_transport_counts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_transport')),
    sa.UniqueConstraint('name', name=op.f('uq_mail_transport_name'))
    )
    op.create_table('suppression',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('scope', sa.Enum('all', 'reminder', name='scope', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('address = lower(address)', name=op.f('ck_suppression_address_lower')),
    sa.ForeignKeyConstraint(['message_id'], ['outbox_message.id'], name=op.f('fk_suppression_message_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suppression'))
    )
    with op.batch_alter_table('suppression', schema=None) as batch_op:
        batch_op.create_index('uq_suppression_address_scope', ['address', 'scope'], unique=True, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))

    for column in plain_columns():
        op.add_column('outbox_message', column)
    op.execute(f"ALTER TABLE outbox_message ADD COLUMN {DELIVERY}")
    for name, columns, which in PARTIAL:
        op.create_index(name, 'outbox_message', columns, sqlite_where=sa.text(which[0]), postgresql_where=sa.text(which[1]))
    op.drop_index('ix_outbox_message_due', 'outbox_message')
    op.create_index('ix_outbox_message_due', 'outbox_message', ['state', 'priority', 'due_at', 'id'], sqlite_where=OWED, postgresql_where=OWED)
    op.create_index('ix_outbox_message_due_at', 'outbox_message', ['due_at'], sqlite_where=OWED, postgresql_where=OWED)
    op.create_index('ix_outbox_message_owed', 'outbox_message', ['booking_id', 'id'], sqlite_where=OWED, postgresql_where=OWED)


def downgrade() -> None:
    op.drop_index('ix_outbox_message_owed', 'outbox_message')
    op.drop_index('ix_outbox_message_due_at', 'outbox_message')
    op.drop_index('ix_outbox_message_due', 'outbox_message')
    op.create_index('ix_outbox_message_due', 'outbox_message', ['priority', 'due_at', 'id'], sqlite_where=OWED, postgresql_where=OWED)
    for name, _columns, _which in PARTIAL:
        op.drop_index(name, 'outbox_message')
    for name in NAMES:
        op.execute(f"ALTER TABLE outbox_message DROP COLUMN {name}")
    with op.batch_alter_table('suppression', schema=None) as batch_op:
        batch_op.drop_index('uq_suppression_address_scope', sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))

    op.drop_table('suppression')
    op.drop_table('mail_transport')
