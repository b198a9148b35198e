"""Warnings over time"""

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warning",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("signal", sa.String(length=8), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("first_seen", Instant(), nullable=False),
        sa.Column("last_seen", Instant(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("warning_authorization", "warning", ["authorization_id"])


def downgrade() -> None:
    op.drop_table("warning")
