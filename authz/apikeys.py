"""API keys of loan systems: bearer tokens, hashed, with scopes, an end, and the secret that signs their
webhooks."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from authz.audit import AuditLog
from authz.links import hashed
from schema.errors import ApiKeyInvalid, ApiKeyUnknown, KeyScopeMissing
from store import tables
from store.database import new_id, now, reading
from vault.reference import KeyClass
from vault.vault import Vault

OWNER = "webhooks"
"""The vault owner of the signing secrets."""
_NOTED = timedelta(minutes=1)
"""How exactly the last use is kept: a write for each request would cost more than it tells."""

_KEPT = ("tenant", "name", "expires_at", "webhook_secret_ref")
"""What a key and the one that it is rotated to have in common, beside the scopes."""


class Scope(StrEnum):
    """What a key may be used for."""

    WRITE = "authorizations:write"
    """Submit, re-run, issue links."""
    READ = "authorizations:read"
    """States, events, consents."""
    SCORES = "scores:read"
    DATASETS = "datasets:read"
    EVIDENCE = "evidence:read"
    """The evidence file, which names the person."""
    WITHDRAW = "withdraw"
    DOCUMENTS = "documents:write"
    """Hand in files."""


LOAN_SYSTEM = tuple(Scope)
"""The default: all that a loan system does."""


@dataclass(frozen=True)
class Caller:
    """A loan system that has shown its key."""

    key_id: str
    tenant: str
    webhook_secret_ref: str
    scopes: frozenset[Scope]

    @property
    def actor(self) -> str:
        return f"caller:{self.key_id}"

    def check(self, scope: Scope) -> None:
        """Raises ``KeyScopeMissing``."""
        if scope not in self.scopes:
            raise KeyScopeMissing(f"the key lacks {scope}")


@dataclass(frozen=True)
class ApiKey:
    """A key as it may be listed: everything but the key."""

    id: str
    tenant: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: str | None

    def state(self, at: datetime) -> str:
        """``revoked``, ``expired``, ``replaced`` (still good until it expires) or ``active``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= at:
            return "expired"
        return "replaced" if self.replaced_by else "active"


class ApiKeys:
    """Issues, checks, rotates and revokes keys. Each of these but the check is on record."""

    def __init__(self, engine: Engine, vault: Vault, audit: AuditLog) -> None:
        self._engine, self._vault, self._audit = engine, vault, audit

    def issue(
        self,
        tenant: str,
        name: str,
        *,
        scopes: Collection[Scope] = LOAN_SYSTEM,
        expires_at: datetime | None = None,
        actor: str = "cli",
    ) -> tuple[str, str]:
        """A new bearer key and its webhook signing secret (``whsec_…``, Standard Webhooks). Both are shown
        once."""
        signing = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        ref = self._vault.seal(OWNER, "signing", signing.encode(), key_class=KeyClass.EVIDENCE)
        kept = {"tenant": tenant, "name": name, "expires_at": expires_at, "webhook_secret_ref": ref}
        with self._engine.begin() as connection:
            _, bearer = self._add(connection, actor, "apikey.issued", sorted(scopes), kept)
        return bearer, signing

    def rotate(self, key_id: str, *, overlap: timedelta, actor: str = "cli") -> str:
        """A new bearer key with the same name, scopes, end and signing secret, shown once. The old one goes
        on for the ``overlap``. Raises ``ApiKeyUnknown``, ``ApiKeyInvalid`` for one that is no longer good."""
        table, at = tables.api_key, now()
        with self._engine.begin() as connection:
            old = _row(connection, key_id)
            if not _good(old, at) or old.replaced_by:
                raise ApiKeyInvalid
            kept = {name: getattr(old, name) for name in _KEPT}
            new, bearer = self._add(connection, actor, "apikey.rotated", old.scopes, kept)
            ends = at + overlap if old.expires_at is None else min(at + overlap, old.expires_at)
            connection.execute(
                update(table).where(table.c.id == key_id).values(replaced_by=new, expires_at=ends)
            )
        return bearer

    def revoke(self, key_id: str, *, actor: str = "cli") -> None:
        """At once and for good; a second call changes nothing. Raises ``ApiKeyUnknown``."""
        table = tables.api_key
        with self._engine.begin() as connection:
            if _row(connection, key_id).revoked_at is None:
                connection.execute(update(table).where(table.c.id == key_id).values(revoked_at=now()))
                self._audit.append(connection, actor=actor, action="apikey.revoked", subject=key_id, data={})

    def listing(self) -> list[ApiKey]:
        """The newest first."""
        table = tables.api_key
        with reading(self._engine) as connection:
            rows = connection.execute(select(table).order_by(table.c.created_at.desc(), table.c.id)).all()
        return [
            ApiKey(
                r.id, r.tenant, r.name, tuple(Scope(each) for each in r.scopes), r.created_at, r.expires_at,
                r.revoked_at, r.last_used_at, r.replaced_by,
            )
            for r in rows
        ]  # fmt: skip

    def caller(self, bearer: str) -> Caller:
        """Raises ``ApiKeyInvalid`` for an unknown, expired or revoked key."""
        table, at = tables.api_key, now()
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.key_hash == hashed(bearer))).one_or_none()
        if row is None or not _good(row, at):
            raise ApiKeyInvalid
        if row.last_used_at is None or at - row.last_used_at >= _NOTED:
            with self._engine.begin() as connection:
                connection.execute(update(table).where(table.c.id == row.id).values(last_used_at=at))
        return Caller(row.id, row.tenant, row.webhook_secret_ref, frozenset(map(Scope, row.scopes)))

    def _add(
        self, connection: Connection, actor: str, action: str, scopes: list[str], kept: Mapping[str, Any]
    ) -> tuple[str, str]:
        """The id and the bearer of a new key."""
        id, bearer = new_id("key"), f"tlk_{secrets.token_urlsafe(32)}"
        row = {"id": id, "key_hash": hashed(bearer), "created_at": now(), "scopes": scopes, **kept}
        connection.execute(insert(tables.api_key).values(row))
        told = {"scopes": list(map(str, scopes))}
        self._audit.append(connection, actor=actor, action=action, subject=id, data=told)
        return id, bearer


def _row(connection: Connection, key_id: str) -> Row[Any]:
    row = connection.execute(select(tables.api_key).where(tables.api_key.c.id == key_id)).one_or_none()
    if row is None:
        raise ApiKeyUnknown
    return row


def _good(row: Row[Any], at: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > at)
