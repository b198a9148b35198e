"""The breakers of all routes, in the store: what one worker learns of a portal, every worker knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Row, select, update

from connectors.breaker import Breaker, Signal, State, after, may_probe
from connectors.overlay import BreakerRules
from connectors.places import Place, locked
from schema.dataset import Route
from store import tables
from store.database import now, reading

log = structlog.get_logger()

_CALM = Breaker()


class Breakers:
    """Reads and moves breakers."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = now) -> None:
        self._engine, self._clock = engine, clock

    def all(self) -> dict[Place, Breaker]:
        """Every route that a worker has visited."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(tables.breaker)).all()
        return {Place(row.region, Route(row.route)): _breaker(row) for row in rows}

    def at(self, place: Place) -> Breaker:
        with reading(self._engine) as connection:
            row = connection.execute(select(tables.breaker).where(place.of(tables.breaker))).one_or_none()
        return _breaker(row) if row else _CALM

    def note(self, place: Place, signal: Signal, rules: BreakerRules) -> None:
        """A visit or a probe worked, or met the portal's own fault."""
        if signal is Signal.WORKED and self.at(place) == _CALM:
            return
        with self._engine.begin() as connection:
            self._move(connection, place, signal, rules)

    def begin_probe(self, place: Place, rules: BreakerRules) -> bool:
        """Whether the caller is the one to probe a route whose rest is over."""
        with self._engine.begin() as connection:
            if not may_probe(_breaker(locked(connection, place)), self._clock()):
                return False
            self._move(connection, place, Signal.PROBING, rules)
        return True

    def _move(self, connection: Connection, place: Place, signal: Signal, rules: BreakerRules) -> None:
        before = _breaker(locked(connection, place))
        moved = after(before, signal, self._clock(), rules)
        if moved == before:
            return
        connection.execute(
            update(tables.breaker)
            .where(place.of(tables.breaker))
            .values(state=moved.state, faults=moved.faults, openings=moved.openings, until=moved.until)
        )
        if moved.state is not before.state:
            log.warning("breaker.moved", place=str(place), before=before.state, after=moved.state)


def _breaker(row: Row[Any]) -> Breaker:
    return Breaker(State(row.state), row.faults, row.openings, row.until)
