"""What the bank's own firms tell of each other"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "peer",
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("consent_id", sa.String(length=40), nullable=False),
        sa.Column("firm", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("authorization_id"),
    )
    op.create_index("peer_firm", "peer", ["firm"])
    op.create_index("peer_consent", "peer", ["consent_id"])
    op.create_table(
        "peer_trade",
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("sold_fen", sa.BigInteger(), nullable=False),
        sa.Column("bought_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("authorization_id", "party"),
    )
    op.create_table(
        "peer_mark",
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("authorization_id", "mark"),
    )
    op.create_index("peer_mark_mark", "peer_mark", ["mark"])


def downgrade() -> None:
    op.drop_table("peer_mark")
    op.drop_table("peer_trade")
    op.drop_table("peer")
