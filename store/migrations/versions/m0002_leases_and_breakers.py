"""Leases and breakers of routes"""

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breaker",
        sa.Column("region", sa.String(length=4), nullable=False),
        sa.Column("route", sa.String(length=4), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("region", "route"),
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=4), nullable=False),
        sa.Column("route", sa.String(length=4), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index("lease_route", ["region", "route"], unique=False)
        batch_op.create_index("lease_owner", ["owner"], unique=False)


def downgrade() -> None:
    op.drop_table("lease")
    op.drop_table("breaker")
