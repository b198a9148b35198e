"""Documents and other sources"""

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("consent_id", sa.String(length=40), nullable=True),
        sa.Column("dataset", sa.String(length=24), nullable=True),
        sa.Column("format", sa.String(length=48), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("error_code", sa.String(length=48), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("page_ref", sa.String(length=160), nullable=True),
        sa.Column("name_ref", sa.String(length=160), nullable=True),
        sa.Column("handed_by", sa.String(length=64), nullable=False),
        sa.Column("handed_at", Instant(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("authorization_id", "sha256", name="document_once"),
    )


def downgrade() -> None:
    op.drop_table("document")
