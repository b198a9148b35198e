"""Ten thousand people who have not answered yet.

One authorization is parked by the pipeline itself; the others are its own rows again, under ids of their
own, so that the store is what that many runs would have left (the audit log and the vault apart, which a
waiting run does not touch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select

from authz.links import hashed
from store import tables
from store.database import new_id, now

_DAYS = timedelta(days=2)


@dataclass(frozen=True)
class Page:
    """A borrower's page: the token of its link and the cookie of the browser that opened it."""

    token: str
    cookie: str


def park(store: Engine, like: str, count: int) -> list[Page]:
    """``count`` authorizations parked as ``like`` is, each with a page that its borrower has opened."""
    with store.begin() as connection:
        rows = {table: _rows(connection, table, like) for table in _COPIED}
        names = [(new_id("auth"), new_id("con")) for _ in range(count)]
        for table, originals in rows.items():
            copies = [
                _renamed(table, row, authorization, consent)
                for authorization, consent in names
                for row in originals
            ]
            connection.execute(insert(table), copies)
        pages = [Page(new_id("token"), new_id("cookie")) for _ in names]
        connection.execute(
            insert(tables.link),
            [
                {
                    "token_hash": hashed(page.token),
                    "authorization_id": authorization,
                    "expires_at": now() + _DAYS,
                    "opened_by": hashed(page.cookie),
                    "opened_at": now(),
                }
                for page, (authorization, _) in zip(pages, names, strict=True)
            ],
        )
    return pages


_COPIED = (tables.authorization, tables.consent, tables.attempt, tables.challenge, tables.event)


def _rows(connection: Connection, table: Table, id: str) -> list[dict[str, Any]]:
    of = table.c.id if table is tables.authorization else table.c.authorization_id
    return [dict(row._mapping) for row in connection.execute(select(table).where(of == id))]


def _renamed(table: Table, row: Mapping[str, Any], authorization: str, consent: str) -> dict[str, Any]:
    copy = dict(row)
    if table is tables.authorization:
        return copy | {"id": authorization, "consent_id": consent}
    copy["authorization_id"] = authorization
    if table is tables.event:
        del copy["id"]
    else:
        copy["id"] = consent if table is tables.consent else new_id(table.name[:3])
    if table is tables.challenge:
        copy["expires_at"] = now() + _DAYS
    return copy
