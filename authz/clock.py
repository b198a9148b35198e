"""A clock that does not go back: a consent that has expired stays expired, and what was read today stays
read today, whatever the machine's clock is set to afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from schema.errors import ClockMovedBack
from store import tables
from store.database import insert_once, now

__all__ = ["SKEW", "moment", "note", "now"]

SKEW = timedelta(minutes=5)
"""How far the clocks of several machines may differ."""

_LATEST = select(tables.clock.c.latest).where(tables.clock.c.id == 0).with_for_update()


def moment(connection: Connection) -> datetime:
    """This instant, never before one that was given out; kept with the caller's transaction.

    Raises ``ClockMovedBack`` when the machine's clock stands further before it than clocks differ.
    """
    at = now()
    latest = note(connection, at)
    if at < latest - SKEW:
        raise ClockMovedBack(f"{at:%Y-%m-%dT%H:%M:%SZ} is before {latest:%Y-%m-%dT%H:%M:%SZ}")
    return latest


def note(connection: Connection, at: datetime) -> datetime:
    """Something was decided at ``at``: the latest instant on record, this one included. Never refused, since
    a person may withdraw whatever the clock says."""
    latest: datetime | None = connection.scalar(_LATEST)
    if latest is None:
        insert_once(connection, tables.clock, id=0, latest=at)
        return at
    if at > latest:
        connection.execute(update(tables.clock).where(tables.clock.c.id == 0).values(latest=at))
    return max(at, latest)
