"""Who may work here: console users, their sessions, throttled sign-ins, approvals and unmaskings."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from store.metadata import metadata
from store.types import Instant


def _user(name: str = "user_id", *, nullable: bool = False) -> Column[str]:
    return Column(name, String(40), ForeignKey("console_user.id"), nullable=nullable)


console_user = Table(
    "console_user",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("name", String(32), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(160), nullable=False),  # argon2id, with its salt and costs
    Column("code_secret_ref", String(160)),  # vault reference: what one-time codes are made from
    Column("code_step", BigInteger, nullable=False),  # the last 30-second step whose code was taken
    Column("enrolled_at", Instant),  # since when a code is asked for
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    UniqueConstraint("name"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    _user(),
    Column("used_at", Instant),
    Index("recovery_code_user", "user_id"),
)

console_session = Table(
    "console_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _user(),
    Column("stage", String(16), nullable=False),  # code_missing | complete
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("console_session_user", "user_id"),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("subject", String(80), primary_key=True),  # keyed hash of a user's name, or of an address
    Column("tries", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("blocked_until", Instant),
)

approval = Table(
    "approval",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(40), nullable=False),
    Column("authorization_id", String(40), ForeignKey("authorization.id"), nullable=False),
    Column("action", String(24), nullable=False),  # withdraw | export_table | export_evidence
    Column("what", String(40), nullable=False),  # the table to export; else empty
    Column("reason", String(32), nullable=False),
    _user("asked_by"),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    _user("decided_by", nullable=True),
    Column("decided_at", Instant),
    Column("granted", Boolean),
    Column("executed_at", Instant),
    Index("approval_tenant", "tenant", "asked_at"),
    Index("approval_authorization", "authorization_id"),
)

unmasking = Table(
    "unmasking",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", String(64), nullable=False),  # the session that sees; another sign-in does not
    Column("authorization_id", String(40), ForeignKey("authorization.id"), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("unmasking_session", "token_hash", "authorization_id"),
)
