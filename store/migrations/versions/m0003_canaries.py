"""Canaries of routes and changes of payloads"""

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canary",
        sa.Column("region", sa.String(length=4), nullable=False),
        sa.Column("route", sa.String(length=4), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=True),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("accepted_by", sa.String(length=16), nullable=True),
        sa.Column("seen", sa.JSON(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("unknown", sa.Text(), nullable=True),
        sa.Column("drifted_since", Instant(), nullable=True),
        sa.Column("accepted_picture", sa.LargeBinary(), nullable=True),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("tried_at", Instant(), nullable=False),
        sa.Column("error_code", sa.String(length=48), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("region", "route"),
    )
    op.create_table(
        "contract_change",
        sa.Column("region", sa.String(length=4), nullable=False),
        sa.Column("route", sa.String(length=4), nullable=False),
        sa.Column("dataset", sa.String(length=24), nullable=False),
        sa.Column("source_format", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=160), nullable=False),
        sa.Column("detail", sa.String(length=160), nullable=False),
        sa.Column("first_seen", Instant(), nullable=False),
        sa.Column("last_seen", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("region", "route", "dataset", "source_format", "kind", "path"),
    )


def downgrade() -> None:
    op.drop_table("contract_change")
    op.drop_table("canary")
