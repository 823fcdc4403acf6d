"""Tax laws as rows, and the rate a booking's fee was taxed at

`booking.fee_rate` is copied like every other amount, so that a later law changes no old receipt. The column
is added by a plain ALTER TABLE: a batch would copy the table on SQLite without its CHECK constraints.

Revision ID: 0005
Revises: 0004
"""

import datetime

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# India's GST on cinema admission: since, the dearer and the cheaper rate, a fee's rate, in basis points.
GST = ((datetime.date(2019, 1, 1), 1200), (datetime.date(2025, 9, 22), 500))
HUNDRED_RUPEES = 10_000


def upgrade() -> None:
    rule = op.create_table('tax_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('fee_rate', sa.Integer(), nullable=False),
    sa.CheckConstraint('fee_rate BETWEEN 0 AND 10000', name=op.f('ck_tax_rule_fee_rate')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_rule')),
    sa.UniqueConstraint('currency', 'since', name=op.f('uq_tax_rule_currency_since'))
    )
    band = op.create_table('tax_band',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('tax_rule_id', sa.Integer(), nullable=False),
    sa.Column('upto', sa.Integer(), nullable=True),
    sa.Column('rate', sa.Integer(), nullable=False),
    sa.CheckConstraint('rate BETWEEN 0 AND 10000', name=op.f('ck_tax_band_rate')),
    sa.CheckConstraint('upto IS NULL OR upto > 0', name=op.f('ck_tax_band_upto')),
    sa.ForeignKeyConstraint(['tax_rule_id'], ['tax_rule.id'], name=op.f('fk_tax_band_tax_rule_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_band')),
    sa.UniqueConstraint('tax_rule_id', 'upto', name=op.f('uq_tax_band_tax_rule_id_upto'))
    )
    op.create_index('uq_tax_band_without_limit', 'tax_band', ['tax_rule_id'], unique=True, sqlite_where=sa.text('upto IS NULL'), postgresql_where=sa.text('upto IS NULL'))
    op.execute("ALTER TABLE booking ADD COLUMN fee_rate INTEGER DEFAULT 0 NOT NULL")
    op.execute("UPDATE booking SET fee_rate = 1800 WHERE fee_tax > 0")
    for number, (since, low) in enumerate(GST, 1):
        op.bulk_insert(rule, [{'id': number, 'currency': 'INR', 'since': since, 'fee_rate': 1800}])
        op.bulk_insert(band, [
            {'tax_rule_id': number, 'upto': HUNDRED_RUPEES, 'rate': low},
            {'tax_rule_id': number, 'upto': None, 'rate': 1800},
        ])
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("SELECT setval(pg_get_serial_sequence('tax_rule', 'id'), 2)")


def downgrade() -> None:
    op.execute("ALTER TABLE booking DROP COLUMN fee_rate")
    op.drop_table('tax_band')
    op.drop_table('tax_rule')
