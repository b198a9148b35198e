"""Links: the borrower's way in. A token opens one authorization, for one browser, until it expires."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from authz.consent import Party
from schema.errors import LinkExpired, LinkUnknown, LinkUsed
from store import tables
from store.database import now, reading


def hashed(token: str) -> str:
    """What the store keeps of a token. Tokens are 256 random bits, so a plain digest suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


class Links:
    """Issues and opens links."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(
        self,
        connection: Connection,
        authorization_id: str,
        *,
        party: Party = Party.BORROWER,
        hours: int = 72,
    ) -> str:
        """A new token for this party, shown once."""
        token = secrets.token_urlsafe(32)
        connection.execute(
            insert(tables.link).values(
                token_hash=hashed(token),
                authorization_id=authorization_id,
                party=party,
                expires_at=now() + timedelta(hours=hours),
            )
        )
        return token

    def look(self, token: str, browser: str) -> str:
        """The authorization id, without taking the link: a preview by a messaging app must not own it.

        Raises ``LinkUnknown``, ``LinkExpired``, and ``LinkUsed`` for another browser than its owner.
        """
        with reading(self._engine) as connection:
            return str(_admitted(connection, token, hashed(browser)).authorization_id)

    def party(self, token: str) -> Party:
        """Whose page it is. Raises ``LinkUnknown``."""
        with reading(self._engine) as connection:
            return Party(_known(connection, token).party)

    def read(self, token: str) -> str:
        """The authorization id, in whatever browser. Raises ``LinkUnknown`` and ``LinkExpired``."""
        with reading(self._engine) as connection:
            return str(_unexpired(_known(connection, token)).authorization_id)

    def open(self, token: str, browser: str) -> str:
        """The authorization id, for the browser that opens the link first; from then on for that one alone.

        ``browser`` is that browser's own random cookie. Its owner comes in after the link has expired too,
        since withdrawing stays as easy as agreeing was. Raises as ``look``.
        """
        table, mark = tables.link, hashed(browser)
        with self._engine.begin() as connection:
            row = _admitted(connection, token, mark)
            if row.opened_by is None:
                connection.execute(
                    update(table)
                    .where(table.c.token_hash == row.token_hash)
                    .values(opened_by=mark, opened_at=now())
                )
            return str(row.authorization_id)


def _admitted(connection: Connection, token: str, mark: str) -> Row[Any]:
    row = _known(connection, token)
    if row.opened_by is None:
        return _unexpired(row)
    if row.opened_by != mark:
        raise LinkUsed
    return row


def _known(connection: Connection, token: str) -> Row[Any]:
    query = select(tables.link).where(tables.link.c.token_hash == hashed(token))
    if (row := connection.execute(query).one_or_none()) is None:
        raise LinkUnknown
    return row


def _unexpired(row: Row[Any]) -> Row[Any]:
    if row.expires_at <= now():
        raise LinkExpired
    return row
