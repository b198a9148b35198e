"""Signed notices to loan systems (Standard Webhooks): an outbox in the store, delivered at least once.

A message keeps its id over every retry, so that a receiver can drop what it has seen. An address is checked
when it is registered and again at delivery, and the connection goes to the very address that was checked, so
that a name which points elsewhere by then does not help.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter
from sqlalchemy import Engine, Row, select, update
from standardwebhooks.webhooks import Webhook
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from schema.errors import CallbackForbidden, TaxlinkError
from store import tables
from store.database import insert_once, now, reading
from vault.vault import Vault

log = structlog.get_logger()

BACKOFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""How long to wait after each failed try. After the last wait and one more failure the notice is
abandoned."""

_LEASE = timedelta(minutes=2)
"""How long a try may take before another process may make it."""
_TIMEOUT = (5.0, 10.0)
_LONGEST_URL = 2000
_PORTS = {"https": 443, "http": 80}
_EMBEDDING_IPV4 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """A callback that was checked. ``address`` is the one to connect to."""

    host: str
    port: int
    address: str


# --- the address ---


def check_callback(url: str, allowed: frozenset[str]) -> Target:
    """Where the callback leads. Raises ``CallbackForbidden``.

    It must be https, without credentials, and every address of its host public; a host that the deployment
    lists (``host`` or ``host:port``) may be private, and reached by plain http.
    """
    parts = _split(url)
    host, port = (parts.hostname or "").lower(), _port(parts)
    listed = host in allowed or f"{host}:{port}" in allowed
    if parts.scheme != "https" and not listed:
        raise CallbackForbidden("only https")
    addresses = _resolve(host, port)
    if not listed and not all(is_public(address) for address in addresses):
        raise CallbackForbidden("the address is not public")
    return Target(host, port, str(addresses[0]))


def is_public(address: Address) -> bool:
    """Whether the address belongs to the open Internet, also as the IPv4 address that it may wrap."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if any(address in network for network in _EMBEDDING_IPV4):
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None and not is_public(wrapped):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult:
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise CallbackForbidden("not a plain address")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise CallbackForbidden("not an address") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.fragment:
        raise CallbackForbidden("not an address")
    if "@" in parts.netloc:
        raise CallbackForbidden("no credentials in an address")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise CallbackForbidden("not a port") from None


def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CallbackForbidden("the host does not resolve") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


# --- the outbox ---


def put(
    engine: Engine,
    *,
    key: str,
    authorization_id: str,
    url: str,
    secret_ref: str,
    kind: str,
    data: Mapping[str, object],
) -> None:
    """Write the notice once per ``key``; a second call changes nothing. ``data`` holds ids, codes and
    counts."""
    at = now()
    values = {
        "id": f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}",
        "authorization_id": authorization_id,
        "url": url,
        "kind": kind,
        "body": {"type": kind, "timestamp": at.isoformat(), "data": dict(data)},
        "secret_ref": secret_ref,
        "state": "due",
        "tries": 0,
        "due_at": at,
        "created_at": at,
    }
    with engine.begin() as connection:
        insert_once(connection, tables.outbox, **values)


def deliver_due(engine: Engine, vault: Vault, allowed: frozenset[str], *, limit: int = 50) -> int:
    """Try what is due, the oldest first, at most ``limit`` notices. How many were delivered."""
    table = tables.outbox
    query = select(table).where(table.c.state == "due", table.c.due_at <= now())
    with reading(engine) as connection:
        due = connection.execute(query.order_by(table.c.due_at).limit(limit)).all()
    return sum(_try(engine, vault, allowed, row) for row in due)


def _try(engine: Engine, vault: Vault, allowed: frozenset[str], row: Row[Any]) -> bool:
    if not _claim(engine, row):
        return False
    try:
        status = _post(row, vault.unseal(row.secret_ref).decode(), allowed)
    except TaxlinkError as error:
        status = error.code
    except requests.RequestException as error:
        status = type(error).__name__
    delivered = status.startswith("2")
    _settle(engine, row, status, delivered)
    log.info("webhook.tried", id=row.id, authorization_id=row.authorization_id, outcome=status)
    return delivered


def _claim(engine: Engine, row: Row[Any]) -> bool:
    """Take this try for ourselves. A process that dies in it leaves the notice due when the lease ends."""
    table = tables.outbox
    mine = (table.c.id == row.id) & (table.c.state == "due") & (table.c.due_at == row.due_at)
    with engine.begin() as connection:
        changed = connection.execute(update(table).where(mine).values(due_at=now() + _LEASE))
    return changed.rowcount == 1


def _settle(engine: Engine, row: Row[Any], status: str, delivered: bool) -> None:
    over = row.tries >= len(BACKOFF) or status == str(HTTPStatus.GONE.value)
    state = "delivered" if delivered else "abandoned" if over else "due"
    values = {"state": state, "tries": row.tries + 1, "last_status": status[:48]}
    if state == "due":
        values["due_at"] = now() + BACKOFF[row.tries]
    with engine.begin() as connection:
        connection.execute(update(tables.outbox).where(tables.outbox.c.id == row.id).values(values))


def _post(row: Row[Any], secret: str, allowed: frozenset[str]) -> str:
    """The HTTP status, as text. Redirects are not followed: their target was never checked."""
    target = check_callback(row.url, allowed)
    body, at = json.dumps(row.body, ensure_ascii=False, separators=(",", ":")), now()
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "taxlink-webhooks",
        "host": urlsplit(row.url).netloc,
        "webhook-id": row.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(row.id, at, body),
    }
    with requests.Session() as session:
        session.trust_env = False
        for scheme in _PORTS:
            session.mount(f"{scheme}://", _Pinned(target))
        with session.post(
            row.url,
            data=body.encode(),
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return str(answer.status_code)


class _Pinned(HTTPAdapter):
    """Connects to the address that was checked, and holds the server to the name that was asked for."""

    def __init__(self, target: Target) -> None:
        self._target = target
        super().__init__()

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        host, port, address = self._target.host, self._target.port, self._target.address
        if urlsplit(str(request.url)).scheme == "https":
            return HTTPSConnectionPool(address, port, server_hostname=host, assert_hostname=host)
        return HTTPConnectionPool(address, port)
