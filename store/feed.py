"""The change feed: one watcher a process tells all who wait that an event was written, by whichever process.

Thousands may wait at the price of one poll: on SQLite a change of ``PRAGMA data_version`` or of the largest
event id, on PostgreSQL the largest event id alone.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select

from store import tables
from store.database import reading


@dataclass(frozen=True)
class Event:
    """One thing that happened to an authorization."""

    id: int
    authorization_id: str
    at: datetime
    kind: str
    data: dict[str, Any]


Listener = Callable[[Event], None]


class Feed:
    """Calls listeners on the watcher's thread, in the order of the events. A listener must be quick and must
    not raise."""

    def __init__(self, engine: Engine, *, every_seconds: float = 0.02) -> None:
        self._engine, self._every = engine, every_seconds
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._last = self._largest_id()
        self._thread = threading.Thread(target=self._watch, name="store-feed", daemon=True)
        self._thread.start()

    @contextmanager
    def listening(self, authorization_id: str, listener: Listener) -> Iterator[None]:
        """Deliver this authorization's new events to the listener while the block runs."""
        with self._lock:
            self._listeners[authorization_id].append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners[authorization_id].remove(listener)
                if not self._listeners[authorization_id]:
                    del self._listeners[authorization_id]

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _largest_id(self) -> int:
        with reading(self._engine) as connection:
            return connection.scalar(select(func.max(tables.event.c.id))) or 0

    def _watch(self) -> None:
        version: int | None = None
        sqlite = self._engine.dialect.name == "sqlite"
        # Autocommit: the watcher holds no transaction and takes no lock between polls.
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self._stop.wait(self._every):
                if sqlite:
                    # By the driver: this is asked all day, and seldom has news.
                    asked = connection.connection.cursor()
                    asked.execute("PRAGMA data_version")
                    (seen,) = asked.fetchone() or (None,)
                    if seen == version:
                        continue
                    version = seen
                rows = connection.execute(
                    select(tables.event).where(tables.event.c.id > self._last).order_by(tables.event.c.id)
                ).all()
                for row in rows:
                    self._last = row.id
                    self._deliver(Event(row.id, row.authorization_id, row.at, row.kind, row.data))

    def _deliver(self, event: Event) -> None:
        with self._lock:
            listeners = list(self._listeners.get(event.authorization_id, ()))
        for listener in listeners:
            listener(event)
