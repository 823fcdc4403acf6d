"""The terms a buyer was shown

Added and dropped by plain ALTER TABLE: a batch would copy the table on SQLite.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE booking ADD COLUMN cancel_terms VARCHAR(120) DEFAULT '' NOT NULL")


def downgrade() -> None:
    op.execute('ALTER TABLE booking DROP COLUMN cancel_terms')
