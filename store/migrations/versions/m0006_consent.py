"""Consents: artefacts, templates, portal revocation"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NO_DIGEST = "0" * 64


def upgrade() -> None:
    """Consents from before have no artefact: what the gate wants has to be asked for anew."""
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.add_column(sa.Column("amendment_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("amendment_run", sa.Integer(), nullable=True))
    with op.batch_alter_table("consent", schema=None) as batch_op:
        for column in (
            sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("supersedes", sa.String(length=40), nullable=True),
            sa.Column("party", sa.String(length=24), nullable=False, server_default="borrower"),
            sa.Column("data_class", sa.String(length=24), nullable=False, server_default="tax"),
            sa.Column("institutions", sa.JSON(), nullable=False, server_default="{}"),
            sa.Column("template_version", sa.String(length=16), nullable=False, server_default=""),
            sa.Column("template_sha256", sa.String(length=64), nullable=False, server_default=_NO_DIGEST),
            sa.Column("artefact_ref", sa.String(length=160), nullable=True),
            sa.Column("artefact_sha256", sa.String(length=64), nullable=True),
            sa.Column("timestamp_ref", sa.String(length=160), nullable=True),
        ):
            batch_op.add_column(column)
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("party", sa.String(length=24), nullable=False, server_default="borrower")
        )
    with op.batch_alter_table("portal_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stood_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("portal_grant", schema=None) as batch_op:
        batch_op.drop_column("stood_at")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_column("party")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        for name in (
            "timestamp_ref",
            "artefact_sha256",
            "artefact_ref",
            "template_sha256",
            "template_version",
            "institutions",
            "data_class",
            "party",
            "supersedes",
            "version",
        ):
            batch_op.drop_column(name)
    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.drop_column("amendment_run")
        batch_op.drop_column("amendment_id")
    op.drop_table("clock")
