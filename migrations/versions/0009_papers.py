"""Invoices and credit notes, numbered without a gap

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def paper(name: str, *of: sa.Column | sa.schema.SchemaItem) -> None:
    op.create_table(name,
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=16), nullable=False),
    sa.Column('fiscal_year', sa.String(length=7), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('tax', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    *of,
    sa.CheckConstraint('sequence > 0', name=op.f(f'ck_{name}_sequence')),
    sa.CheckConstraint('total > 0 AND tax >= 0 AND tax <= total', name=op.f(f'ck_{name}_amounts')),
    sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{name}')),
    sa.UniqueConstraint('fiscal_year', 'sequence', name=op.f(f'uq_{name}_fiscal_year_sequence')),
    sa.UniqueConstraint('number', name=op.f(f'uq_{name}_number'))
    )
    op.create_index(f'ix_{name}_issued_at', name, ['issued_at'])


def upgrade() -> None:
    op.create_table('paper_counter',
    sa.Column('series', sa.Enum('invoice', 'credit_note', name='series', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('fiscal_year', sa.String(length=7), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.CheckConstraint('last > 0', name=op.f('ck_paper_counter_last')),
    sa.PrimaryKeyConstraint('series', 'fiscal_year', name=op.f('pk_paper_counter'))
    )
    paper('invoice',
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_invoice_booking_id'), ondelete='RESTRICT'),
    sa.UniqueConstraint('booking_id', name=op.f('uq_invoice_booking_id'))
    )
    paper('credit_note',
    sa.Column('invoice_id', sa.Integer(), nullable=False),
    sa.Column('refund_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_credit_note_invoice_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_credit_note_refund_id'), ondelete='RESTRICT'),
    sa.UniqueConstraint('refund_id', name=op.f('uq_credit_note_refund_id'))
    )
    op.create_index('ix_credit_note_invoice_id', 'credit_note', ['invoice_id'])


def downgrade() -> None:
    op.drop_table('credit_note')
    op.drop_table('invoice')
    op.drop_table('paper_counter')
