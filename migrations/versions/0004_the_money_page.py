"""What the money page reads by: money without a purpose, refunds that are not back

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

IDLE = sa.text("confirms_id IS NULL AND state = 'captured'")
NOT_BACK = sa.text("state <> 'processed'")


def upgrade() -> None:
    op.create_index('ix_payment_idle', 'payment', ['id'], sqlite_where=IDLE, postgresql_where=IDLE)
    op.create_index('ix_refund_not_back', 'refund', ['payment_id'], sqlite_where=NOT_BACK, postgresql_where=NOT_BACK)


def downgrade() -> None:
    op.drop_index('ix_refund_not_back', 'refund')
    op.drop_index('ix_payment_idle', 'payment')
