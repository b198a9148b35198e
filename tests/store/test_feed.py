"""One watcher tells all who wait, whichever process wrote."""

from __future__ import annotations

import queue
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from store import tables
from store.database import now, open_database
from store.feed import Event, Feed
from store.migrate import migrate


def open_authorization(engine: Engine, id: str) -> None:
    values = {
        "id": id,
        "tenant": "bank",
        "state": "requested",
        "progress": "waiting",
        "taxpayer_id": "x",
        "region": "31",
        "consent_id": "con",
        "product": "general",
        "amount_fen": 1,
        "term_months": 12,
        "as_of": date(2026, 1, 31),
        "run": 1,
        "leg": 0,
        "trigger": "application",
        "created_at": now(),
        "updated_at": now(),
    }
    with engine.begin() as connection:
        connection.execute(insert(tables.authorization).values(**values))


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'store.db'}"
    engine = open_database(address)
    migrate(engine)
    for id in ("auth_1", "auth_2"):
        open_authorization(engine, id)
    engine.dispose()
    return address


def write(url: str, id: str, number: int) -> None:
    """As another process does: on an engine of its own."""
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(
            insert(tables.event).values(authorization_id=id, at=now(), kind="test", data={"number": number})
        )
    engine.dispose()


def test_events_of_another_process_arrive_in_order_and_only_to_who_listens(url: str) -> None:
    engine = open_database(url)
    heard: queue.Queue[Event] = queue.Queue()
    write(url, "auth_1", 0)
    feed = Feed(engine)
    try:
        with feed.listening("auth_1", heard.put):
            for number in (1, 2):
                write(url, "auth_2", number)
                write(url, "auth_1", number)
            numbers = [heard.get(timeout=10).data["number"] for _ in range(2)]
        assert numbers == [1, 2]
        write(url, "auth_1", 3)
        with feed.listening("auth_2", heard.put):
            write(url, "auth_2", 4)
            assert heard.get(timeout=10).data["number"] == 4
    finally:
        feed.close()
        engine.dispose()
