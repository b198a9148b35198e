"""Pages under way"""

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pages_under_way",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(length=24), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("route", sa.String(length=4), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("sealed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("pages_under_way", schema=None) as batch_op:
        batch_op.create_index("pages_under_way_run", ["authorization_id", "run"], unique=False)


def downgrade() -> None:
    op.drop_table("pages_under_way")
