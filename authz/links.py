"""Links: the borrower's way in. A token opens one authorization, for one browser, until it expires."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import Connection, Engine, insert, select, update

from schema.errors import LinkExpired, LinkUnknown, LinkUsed
from store import tables
from store.database import now


def hashed(token: str) -> str:
    """What the store keeps of a token. Tokens are 256 random bits, so a plain digest suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


class Links:
    """Issues and opens links."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(self, connection: Connection, authorization_id: str, *, hours: int = 72) -> str:
        """A new token, shown once."""
        token = secrets.token_urlsafe(32)
        connection.execute(
            insert(tables.link).values(
                token_hash=hashed(token),
                authorization_id=authorization_id,
                expires_at=now() + timedelta(hours=hours),
            )
        )
        return token

    def open(self, token: str, browser: str) -> str:
        """The authorization id, for the browser that opened the link first.

        ``browser`` is that browser's own random cookie. Raises ``LinkUnknown``, ``LinkExpired``, and
        ``LinkUsed`` for another browser.
        """
        table, mark = tables.link, hashed(browser)
        with self._engine.begin() as connection:
            row = connection.execute(select(table).where(table.c.token_hash == hashed(token))).one_or_none()
            if row is None:
                raise LinkUnknown
            if row.expires_at <= now():
                raise LinkExpired
            if row.opened_by is None:
                connection.execute(
                    update(table)
                    .where(table.c.token_hash == row.token_hash)
                    .values(opened_by=mark, opened_at=now())
                )
            elif row.opened_by != mark:
                raise LinkUsed
            return str(row.authorization_id)
