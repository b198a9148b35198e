"""Access: users, sessions, roles, approvals"""

import json

import sqlalchemy as sa
from alembic import op

from store.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SCOPES = json.dumps(
    [
        "authorizations:write",
        "authorizations:read",
        "scores:read",
        "datasets:read",
        "evidence:read",
        "withdraw",
    ]
)
"""What a key could do before there were scopes."""


def upgrade() -> None:
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scopes", sa.JSON(), nullable=False, server_default=_SCOPES))
        batch_op.add_column(sa.Column("last_used_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("replaced_by", sa.String(length=40), nullable=True))
    op.create_table(
        "console_user",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=160), nullable=False),
        sa.Column("code_secret_ref", sa.String(length=160), nullable=True),
        sa.Column("code_step", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"]),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("recovery_code_user", "recovery_code", ["user_id"])
    op.create_table(
        "console_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("console_session_user", "console_session", ["user_id"])
    op.create_table(
        "sign_in_tries",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("blocked_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("executed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["console_user.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["console_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("approval_tenant", "approval", ["tenant", "asked_at"])
    op.create_index("approval_authorization", "approval", ["authorization_id"])
    op.create_table(
        "unmasking",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("authorization_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["authorization_id"], ["authorization.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("unmasking_session", "unmasking", ["token_hash", "authorization_id"])


def downgrade() -> None:
    for table in (
        "unmasking",
        "approval",
        "sign_in_tries",
        "console_session",
        "recovery_code",
        "console_user",
    ):
        op.drop_table(table)
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        for column in ("replaced_by", "last_used_at", "scopes"):
            batch_op.drop_column(column)
