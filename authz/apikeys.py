"""API keys of loan systems: bearer tokens, hashed, with the secret that signs their webhooks."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from sqlalchemy import Engine, insert, select

from authz.links import hashed
from schema.errors import ApiKeyInvalid
from store import tables
from store.database import new_id, now, reading
from vault.reference import KeyClass
from vault.vault import Vault

OWNER = "webhooks"
"""The vault owner of the signing secrets."""


@dataclass(frozen=True)
class Caller:
    """A loan system that has shown its key."""

    key_id: str
    tenant: str
    webhook_secret_ref: str

    @property
    def actor(self) -> str:
        return f"caller:{self.key_id}"


class ApiKeys:
    """Issues and checks keys."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def issue(self, tenant: str, name: str) -> tuple[str, str]:
        """A new bearer key and its webhook signing secret (``whsec_…``, Standard Webhooks). Both are shown
        once."""
        bearer = f"tlk_{secrets.token_urlsafe(32)}"
        signing = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        ref = self._vault.seal(OWNER, "signing", signing.encode(), key_class=KeyClass.EVIDENCE)
        with self._engine.begin() as connection:
            connection.execute(
                insert(tables.api_key).values(
                    id=new_id("key"),
                    tenant=tenant,
                    name=name,
                    key_hash=hashed(bearer),
                    webhook_secret_ref=ref,
                    created_at=now(),
                )
            )
        return bearer, signing

    def caller(self, bearer: str) -> Caller:
        """Raises ``ApiKeyInvalid`` for an unknown, expired or revoked key."""
        table = tables.api_key
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.key_hash == hashed(bearer))).one_or_none()
        if (
            row is None
            or row.revoked_at is not None
            or (row.expires_at is not None and row.expires_at <= now())
        ):
            raise ApiKeyInvalid
        return Caller(row.id, row.tenant, row.webhook_secret_ref)
