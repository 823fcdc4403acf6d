"""Whether the gateway answers

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('gateway_health',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('fault_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('down_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('said', sa.String(length=200), nullable=False),
    sa.CheckConstraint('(down_since IS NULL) = (next_probe_at IS NULL)', name=op.f('ck_gateway_health_probe_while_down')),
    sa.CheckConstraint('failures >= 0', name=op.f('ck_gateway_health_failures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_health')),
    sa.UniqueConstraint('name', name=op.f('uq_gateway_health_name'))
    )


def downgrade() -> None:
    op.drop_table('gateway_health')
