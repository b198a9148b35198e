"""Evidence of attempts and collections"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("attempt", "collection"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("evidence_ref", sa.String(length=160), nullable=True))


def downgrade() -> None:
    for table in ("collection", "attempt"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("evidence_ref")
