"""Promo codes and their uses

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('promo_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=True),
    sa.Column('amount', sa.Integer(), nullable=True),
    sa.Column('max_uses', sa.Integer(), nullable=True),
    sa.Column('max_per_email', sa.Integer(), nullable=True),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('movie_id', sa.Integer(), nullable=True),
    sa.Column('weekdays', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(percent IS NULL) <> (amount IS NULL)', name=op.f('ck_promo_code_percent_or_amount')),
    sa.CheckConstraint('percent IS NULL OR percent BETWEEN 1 AND 100', name=op.f('ck_promo_code_percent')),
    sa.CheckConstraint('amount IS NULL OR amount > 0', name=op.f('ck_promo_code_amount')),
    sa.CheckConstraint('max_uses IS NULL OR max_uses > 0', name=op.f('ck_promo_code_max_uses')),
    sa.CheckConstraint('max_per_email IS NULL OR max_per_email > 0', name=op.f('ck_promo_code_max_per_email')),
    sa.CheckConstraint('weekdays IS NULL OR weekdays BETWEEN 1 AND 127', name=op.f('ck_promo_code_weekdays')),
    sa.CheckConstraint('code = upper(code)', name=op.f('ck_promo_code_upper')),
    sa.ForeignKeyConstraint(['movie_id'], ['movie.id'], name=op.f('fk_promo_code_movie_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promo_code')),
    sa.UniqueConstraint('code', name=op.f('uq_promo_code_code'))
    )
    op.create_table('promo_use',
    sa.Column('booking_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('promo_code_id', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_promo_use_booking_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['promo_code_id'], ['promo_code.id'], name=op.f('fk_promo_use_promo_code_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('booking_id', name=op.f('pk_promo_use'))
    )
    op.create_index('ix_promo_use_promo_code_id', 'promo_use', ['promo_code_id'])


def downgrade() -> None:
    op.drop_table('promo_use')
    op.drop_table('promo_code')
