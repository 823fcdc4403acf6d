"""What refunds and webhooks need

Columns are added and dropped by plain ALTER TABLE: a batch would copy the table on SQLite without its
CHECK constraints. A CHECK or a foreign key that belongs to its column goes with it.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

INSTANT = {'sqlite': 'DATETIME', 'postgresql': 'TIMESTAMP WITH TIME ZONE'}
WAITING = sa.text('next_try_at IS NOT NULL')
NOT_OURS = sa.text("outcome = 'not_ours'")
# in the order of adding; a CHECK stands at the column it is about
REFUND = (
    "requested_at {instant}",
    "processed_at {instant} CONSTRAINT ck_refund_processed_at"
    " CHECK (processed_at IS NULL OR state = 'processed')",
    "note VARCHAR(300) DEFAULT '' NOT NULL",
    "by_hand BOOLEAN DEFAULT false NOT NULL CONSTRAINT ck_refund_by_hand_says_how"
    " CHECK (NOT by_hand OR (state = 'processed' AND note <> ''))",
    "retry_of_id INTEGER CONSTRAINT fk_refund_retry_of_id REFERENCES refund (id)",
)
OUTCOME = (
    "outcome VARCHAR(20) DEFAULT 'ignored' NOT NULL CONSTRAINT ck_webhook_event_outcome"
    " CHECK (outcome IN ('settled', 'ignored', 'not_ours'))"
)


def upgrade() -> None:
    instant = INSTANT[op.get_bind().dialect.name]
    for column in REFUND:
        op.execute(f"ALTER TABLE refund ADD COLUMN {column.format(instant=instant)}")
    op.create_index('uq_refund_retry_of_id', 'refund', ['retry_of_id'], unique=True)
    op.create_index('ix_refund_next_try_at', 'refund', ['next_try_at'], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table('refund_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('refund_id', sa.Integer(), nullable=False),
    sa.Column('booking_seat_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_refund_line_amount')),
    sa.ForeignKeyConstraint(['booking_seat_id'], ['booking_seat.id'], name=op.f('fk_refund_line_booking_seat_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_refund_line_refund_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund_line')),
    sa.UniqueConstraint('refund_id', 'booking_seat_id', name=op.f('uq_refund_line_refund_id_booking_seat_id'))
    )
    op.create_index('ix_refund_line_booking_seat_id', 'refund_line', ['booking_seat_id'])
    op.execute(f"ALTER TABLE webhook_event ADD COLUMN {OUTCOME}")
    op.create_index('ix_webhook_event_not_ours', 'webhook_event', ['received_at'], sqlite_where=NOT_OURS, postgresql_where=NOT_OURS)


def downgrade() -> None:
    op.drop_index('ix_webhook_event_not_ours', 'webhook_event')
    op.execute("ALTER TABLE webhook_event DROP COLUMN outcome")
    op.drop_table('refund_line')
    op.drop_index('ix_refund_next_try_at', 'refund')
    op.drop_index('uq_refund_retry_of_id', 'refund')
    for column in reversed(REFUND):
        op.execute(f"ALTER TABLE refund DROP COLUMN {column.split()[0]}")
