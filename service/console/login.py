"""Sign-in to the console with a key of the tenant; a signed cookie holds the session, and its twin guards the
forms."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Form, Request
from sqlalchemy import select

from schema.errors import InvalidRequest
from service.desk import AtDesk, Desk
from store import tables
from store.database import now, reading

COOKIE = "taxlink_console"
HOURS = 8


@dataclass(frozen=True)
class Operator:
    """Who is signed in. ``form_token`` must come with every form."""

    key_id: str
    tenant: str
    form_token: str

    @property
    def actor(self) -> str:
        return f"operator:{self.key_id}"


class SignInNeeded(Exception):
    """Nobody is signed in; the page to show is the sign-in."""


def sign_in(desk: Desk, key: str) -> str:
    """The cookie of a new session. Raises ``ApiKeyInvalid``."""
    caller = desk.shop.api_keys.caller(key.strip())
    claim = f"{caller.key_id}.{int((now() + timedelta(hours=HOURS)).timestamp())}"
    return f"{claim}.{_mac(desk, 'session', claim)}"


def _operator(desk: AtDesk, request: Request) -> Operator:
    claim, _, mac = request.cookies.get(COOKIE, "").rpartition(".")
    if not claim or not hmac.compare_digest(mac.encode(), _mac(desk, "session", claim).encode()):
        raise SignInNeeded
    key_id, _, expiry = claim.partition(".")
    if int(expiry) <= now().timestamp():
        raise SignInNeeded
    return Operator(key_id, _tenant(desk, key_id, now()), _mac(desk, "form", claim))


def _tenant(desk: Desk, key_id: str, at: datetime) -> str:
    """A session ends with the key that opened it."""
    table = tables.api_key
    with reading(desk.shop.store) as connection:
        row = connection.execute(select(table).where(table.c.id == key_id)).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        raise SignInNeeded
    return str(row.tenant)


SignedIn = Annotated[Operator, Depends(_operator)]


def _form_operator(operator: SignedIn, form_token: Annotated[str, Form(max_length=64)]) -> Operator:
    if not hmac.compare_digest(form_token.encode(), operator.form_token.encode()):
        raise InvalidRequest("the form is stale; open the page again")
    return operator


FormOperator = Annotated[Operator, Depends(_form_operator)]
"""The operator behind a form that this console itself showed."""


def _mac(desk: Desk, use: str, claim: str) -> str:
    return hmac.digest(desk.shop.vault.service_key("console"), f"{use}:{claim}".encode(), "sha256").hex()
