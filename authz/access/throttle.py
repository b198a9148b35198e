"""How often somebody may try to sign in: by user and by address, slower with every failure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, case, delete, select, update

from schema.errors import SignInThrottled
from store.access_tables import sign_in_tries
from store.database import inserting, now

FREE = {"user": 5, "address": 30}
"""How many tries in a row cost no waiting. Many people share an address."""
FORGOTTEN_AFTER = {"user": timedelta(days=1), "address": timedelta(minutes=15)}
_FIRST_WAIT, _LONGEST_WAIT = 30, 900
"""Seconds; a wait doubles with each further try."""


def wait(tries: int, free: int) -> timedelta:
    """How long to wait after so many tries in a row."""
    over = tries - free
    return timedelta(seconds=min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(over, 10)) if over >= 0 else 0)


class Throttle:
    """Counts tries before they are judged, so that many at once are no way round it. ``key`` hides names and
    addresses in the store."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine, self._key = engine, key

    def admit(self, tried: Mapping[str, str]) -> None:
        """One more try by these: ``{"user": name, "address": address}``. Raises ``SignInThrottled`` with the
        end of the wait as ``retry_at``; a refused try does not lengthen it."""
        at, table = now(), sign_in_tries
        with self._engine.begin() as connection:
            blocked = connection.execute(
                select(table.c.blocked_until).where(
                    table.c.subject.in_([self._subject(*each) for each in tried.items()]),
                    table.c.blocked_until > at,
                )
            ).scalars()
            if until := max(blocked, default=None):
                raise SignInThrottled(retry_at=until)
            for kind, value in tried.items():
                self._count(connection, kind, self._subject(kind, value), at)

    def forgive(self, tried: Mapping[str, str], tries: int) -> None:
        """They were good: the user's count starts anew, the address is rid of these tries. Names and
        addresses that nobody has tried for long are cleared away."""
        table, stale = sign_in_tries, now() - max(FORGOTTEN_AFTER.values())
        user, address = self._subject("user", tried["user"]), self._subject("address", tried["address"])
        with self._engine.begin() as connection:
            connection.execute(delete(table).where((table.c.subject == user) | (table.c.last_at < stale)))
            connection.execute(
                update(table)
                .where(table.c.subject == address)
                .values(
                    tries=case((table.c.tries > tries, table.c.tries - tries), else_=0), blocked_until=None
                )
            )

    def _count(self, connection: Connection, kind: str, subject: str, at: datetime) -> None:
        table = sign_in_tries
        one = inserting(connection, table).values(subject=subject, tries=1, last_at=at)
        stale = table.c.last_at < at - FORGOTTEN_AFTER[kind]
        tries = connection.execute(
            one.on_conflict_do_update(
                index_elements=[table.c.subject],
                set_={"tries": case((stale, 1), else_=table.c.tries + 1), "last_at": at},
            ).returning(table.c.tries)
        ).scalar_one()
        if pause := wait(tries, FREE[kind]):
            connection.execute(
                update(table).where(table.c.subject == subject).values(blocked_until=at + pause)
            )

    def _subject(self, kind: str, value: str) -> str:
        return f"{kind}:{hmac.digest(self._key, f'{kind}:{value}'.encode(), 'sha256').hex()[:40]}"
