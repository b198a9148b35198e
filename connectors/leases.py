"""Leases of visits, in the store: a route's concurrency and rate held over all worker processes.

A visit that may not begin yet leaves its name in the line. One at a time per process waits at the door for a
moment, so that a place is taken as soon as it is free; the others are woken in the order in which they came.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, or_, select, update

from connectors.limits import MINUTE, Standing, full, paced
from connectors.overlay import Limits
from connectors.places import Place, locked
from schema.dataset import Route
from store.database import new_id, now, reading
from store.tables import lease

log = structlog.get_logger()

LIFE = timedelta(seconds=30)
"""How long a lease outlives the last sign of life of its worker."""
DOOR_SECONDS = 3.0
"""How long one waits at the door before it goes back to the line."""
_LOOK_SECONDS = 0.05
_SHORTEST, _LONGEST = 1.0, 30.0
"""Seconds until one in the line asks again without having been woken."""
_GRACE = timedelta(seconds=60)
"""How much later than that the line forgets who did not come."""


@dataclass(frozen=True)
class Count:
    """Visits of a route: under way, and waiting in the line."""

    under_way: int
    waiting: int


class Leases:
    """``worker`` is the slot's name. ``wake`` is told the key of a waiting leg that may come now."""

    def __init__(self, engine: Engine, worker: str, *, clock: Callable[[], datetime] = now) -> None:
        self._engine, self._clock = engine, clock
        self._slot, self._worker = f"{worker}:", f"{worker}:{new_id('life')}"
        self._held: dict[tuple[str, Place], str] = {}
        self._at_door: set[Place] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._heart: threading.Thread | None = None
        self.wake: Callable[[str], None] = lambda key: None

    def take(
        self,
        place: Place,
        owner: str,
        limits: Limits,
        *,
        since: datetime | None = None,
        patience: float = DOOR_SECONDS,
    ) -> datetime | None:
        """None when the visit may begin, or is under way in this process: it lasts until ``give_back``. Else
        when to ask again, unless woken before. The line is in the order of ``since``, now unless given."""
        with self._lock:
            if (owner, place) in self._held:
                return None
        again = self._ask(place, owner, limits, since)
        if again is None or not self._step_to_door(place):
            return again
        try:
            deadline = time.monotonic() + patience
            while again is not None and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
                if self._open(place, limits):
                    again = self._ask(place, owner, limits, since)
        finally:
            with self._lock:
                self._at_door.discard(place)
        return again

    def give_back(self, owner: str, place: Place | None = None) -> None:
        """The owner's visits in this process, or the one to a place, are over. Idempotent."""
        with self._lock:
            mine = [key for key in self._held if key[0] == owner and place in (None, key[1])]
            ended = {key[1]: self._held.pop(key) for key in mine}
        for each, id in ended.items():
            with self._engine.begin() as connection:
                connection.execute(update(lease).where(lease.c.id == id).values(ended_at=self._clock()))
                key = self._next_in_line(connection, each)
            self._call(key)

    def name(self, owner: str, key: str) -> None:
        """The engine's name of the leg that will ask again for what this owner waits for."""
        waiting = (lease.c.owner == owner) & lease.c.begun_at.is_(None) & lease.c.ended_at.is_(None)
        with self._engine.begin() as connection:
            connection.execute(update(lease).where(waiting).values(key=key))

    def forget_former_life(self) -> None:
        """Give back what a killed process of this slot held. To be called by the slot's only live process."""
        former = lease.c.worker.startswith(self._slot, autoescape=True) & (lease.c.worker != self._worker)
        with self._engine.begin() as connection:
            connection.execute(
                update(lease).where(former, lease.c.ended_at.is_(None)).values(ended_at=self._clock())
            )

    def counts(self) -> dict[Place, Count]:
        """Every route that is visited or waited for now."""
        begun = func.count(lease.c.begun_at)
        query = select(lease.c.region, lease.c.route, begun, func.count()).where(self._live())
        with reading(self._engine) as connection:
            rows = connection.execute(query.group_by(lease.c.region, lease.c.route)).all()
        return {
            Place(region, Route(route)): Count(visits, both - visits) for region, route, visits, both in rows
        }

    def close(self) -> None:
        self._stop.set()
        if self._heart is not None:
            self._heart.join()

    # --- asking ---

    def _ask(self, place: Place, owner: str, limits: Limits, since: datetime | None) -> datetime | None:
        at = self._clock()
        with self._engine.begin() as connection:
            locked(connection, place)
            self._sweep(connection, place, at)
            standing = self._standing(connection, place, at)
            opens = paced(limits, standing, at)
            free = not full(limits, standing) and opens <= at
            id, line = self._enter_line(connection, place, owner, at, since or at)
            if free:
                begun = {"begun_at": at, "worker": self._worker, "key": None, "expires_at": at + LIFE}
                connection.execute(update(lease).where(lease.c.id == id).values(**begun))
                key = self._next_in_line(connection, place)
            else:
                again = opens if opens > at else at + _patience(line, limits)
                connection.execute(update(lease).where(lease.c.id == id).values(expires_at=again + _GRACE))
        if not free:
            return again
        with self._lock:
            self._held[owner, place] = id
        self._beat()
        self._call(key)
        return None

    def _open(self, place: Place, limits: Limits) -> bool:
        """A look through the door, without the lock."""
        at = self._clock()
        with reading(self._engine) as connection:
            standing = self._standing(connection, place, at)
        return not full(limits, standing) and paced(limits, standing, at) <= at

    def _standing(self, connection: Connection, place: Place, at: datetime) -> Standing:
        visits = select(func.count()).where(place.of(lease), self._live(at), lease.c.begun_at.is_not(None))
        begun = select(lease.c.begun_at).where(place.of(lease), lease.c.begun_at > at - MINUTE)
        return Standing(
            connection.scalar(visits) or 0,
            [row.begun_at for row in connection.execute(begun.order_by(lease.c.begun_at))],
        )

    def _enter_line(
        self, connection: Connection, place: Place, owner: str, at: datetime, since: datetime
    ) -> tuple[str, int]:
        """The owner's place in the line, kept from before or new: its id, and how many wait."""
        waiting = place.of(lease) & lease.c.begun_at.is_(None) & self._live(at)
        found: str | None = connection.scalar(select(lease.c.id).where(waiting, lease.c.owner == owner))
        if found is None:
            found = new_id("lea")
            connection.execute(
                insert(lease).values(
                    id=found,
                    region=place.region,
                    route=place.route,
                    owner=owner,
                    worker=self._worker,
                    asked_at=since,
                    expires_at=at + _GRACE,
                )
            )
        return found, connection.scalar(select(func.count()).where(waiting)) or 1

    def _next_in_line(self, connection: Connection, place: Place) -> str | None:
        """The key of the leg that has waited longest, taken so that each is woken once a turn."""
        waiting = place.of(lease) & lease.c.begun_at.is_(None) & self._live() & lease.c.key.is_not(None)
        query = select(lease.c.id, lease.c.key).where(waiting).order_by(lease.c.asked_at).limit(1)
        if (row := connection.execute(query).one_or_none()) is None:
            return None
        connection.execute(update(lease).where(lease.c.id == row.id).values(key=None))
        key: str = row.key
        return key

    def _sweep(self, connection: Connection, place: Place, at: datetime) -> None:
        """Forget what ended, or died, more than a minute ago: the rate counts no further back."""
        past = or_(lease.c.ended_at <= at - MINUTE, lease.c.expires_at <= at - MINUTE)
        connection.execute(delete(lease).where(place.of(lease), past))

    def _live(self, at: datetime | None = None) -> ColumnElement[bool]:
        return lease.c.ended_at.is_(None) & (lease.c.expires_at > (at or self._clock()))

    def _step_to_door(self, place: Place) -> bool:
        with self._lock:
            if place in self._at_door:
                return False
            self._at_door.add(place)
            return True

    def _call(self, key: str | None) -> None:
        if key is not None:
            self.wake(key)

    # --- living ---

    def _beat(self) -> None:
        with self._lock:
            if self._heart is None:
                self._heart = threading.Thread(target=self._live_on, name="leases", daemon=True)
                self._heart.start()

    def _live_on(self) -> None:
        while not self._stop.wait(LIFE.total_seconds() / 3):
            at = self._clock()
            mine = (lease.c.worker == self._worker) & lease.c.begun_at.is_not(None) & self._live(at)
            try:
                with self._engine.begin() as connection:
                    connection.execute(update(lease).where(mine).values(expires_at=at + LIFE))
            except Exception:
                log.exception("leases.not_renewed")


def _patience(line: int, limits: Limits) -> timedelta:
    """Longer for a longer line, and never the same for two that came together."""
    seconds = _SHORTEST + 2.0 * line / limits.concurrency
    return timedelta(seconds=min(_LONGEST, seconds) * random.uniform(0.8, 1.2))
