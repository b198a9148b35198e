"""A portfolio scored anew"""

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rescored",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("snapshot_id", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("points", sa.Float(), nullable=True),
        sa.Column("grade", sa.String(length=4), nullable=True),
        sa.Column("limit_fen", sa.BigInteger(), nullable=True),
        sa.Column("annual_rate", sa.Float(), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.Column("scored_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("name", "authorization_id"),
    )


def downgrade() -> None:
    op.drop_table("rescored")
