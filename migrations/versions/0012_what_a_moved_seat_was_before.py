"""What a moved seat was before

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE booking_seat ADD COLUMN carried_from_id INTEGER"
        " CONSTRAINT fk_booking_seat_carried_from_id REFERENCES booking_seat (id)"
    )
    op.create_index('uq_booking_seat_carried_from_id', 'booking_seat', ['carried_from_id'], unique=True)


def downgrade() -> None:
    op.drop_index('uq_booking_seat_carried_from_id', 'booking_seat')
    op.execute("ALTER TABLE booking_seat DROP COLUMN carried_from_id")
