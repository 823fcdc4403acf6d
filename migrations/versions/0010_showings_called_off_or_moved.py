"""Showings called off or moved

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('showing_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('cancel', 'move', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('showtime_id', sa.Integer(), nullable=False),
    sa.Column('to_showtime_id', sa.Integer(), nullable=True),
    sa.Column('then_state', sa.Enum('draft', 'on_sale', 'off_sale', 'moved', 'cancelled', name='then_state', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('words', sa.String(length=300), nullable=False),
    sa.Column('other_categories', sa.Boolean(), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'move') = (then_state IS NOT NULL)", name=op.f('ck_showing_change_what_then')),
    sa.CheckConstraint("(kind = 'move') = (to_showtime_id IS NOT NULL)", name=op.f('ck_showing_change_where_to')),
    sa.CheckConstraint("kind = 'move' OR words <> ''", name=op.f('ck_showing_change_says_why')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user.id'], name=op.f('fk_showing_change_asked_by_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['showtime_id'], ['showtime.id'], name=op.f('fk_showing_change_showtime_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['to_showtime_id'], ['showtime.id'], name=op.f('fk_showing_change_to_showtime_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_showing_change')),
    sa.UniqueConstraint('showtime_id', name=op.f('uq_showing_change_showtime_id')),
    sa.UniqueConstraint('to_showtime_id', name=op.f('uq_showing_change_to_showtime_id'))
    )
    op.create_index('ix_showing_change_open', 'showing_change', ['id'], unique=False, sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))
    op.create_table('changed_booking',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('change_id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('seats', sa.JSON(), nullable=False),
    sa.Column('outcome', sa.Enum('waiting', 'moved', 'cancelled', 'released', 'gone', 'failed', name='outcome', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('back', sa.Integer(), nullable=False),
    sa.Column('letter', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(outcome = 'waiting') = (next_try_at IS NOT NULL)", name=op.f('ck_changed_booking_next_try_while_waiting')),
    sa.CheckConstraint('back >= 0 AND attempts >= 0', name=op.f('ck_changed_booking_counts')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_changed_booking_booking_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['change_id'], ['showing_change.id'], name=op.f('fk_changed_booking_change_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_changed_booking')),
    sa.UniqueConstraint('change_id', 'booking_id', name=op.f('uq_changed_booking_change_id_booking_id'))
    )
    op.create_index('ix_changed_booking_booking_id', 'changed_booking', ['booking_id'], unique=False)
    op.create_index('ix_changed_booking_next_try_at', 'changed_booking', ['next_try_at'], unique=False, sqlite_where=sa.text('next_try_at IS NOT NULL'), postgresql_where=sa.text('next_try_at IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_changed_booking_next_try_at', 'changed_booking')
    op.drop_index('ix_changed_booking_booking_id', 'changed_booking')
    op.drop_table('changed_booking')
    op.drop_index('ix_showing_change_open', 'showing_change')
    op.drop_table('showing_change')
