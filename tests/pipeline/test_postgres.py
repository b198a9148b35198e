"""The same house on PostgreSQL: store, engine and sealed records by one URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import postgres
import psycopg
import pytest

from authz.authorization import Progress, State

if TYPE_CHECKING:
    from conftest import Desk

pytestmark = pytest.mark.postgres


def test_the_main_job_runs_on_postgresql_and_survives_a_kill(own_desk: Callable[..., Desk]) -> None:
    bin = postgres.binaries()
    if bin is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.server(bin) as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE taxlink")
        desk = own_desk(
            "--count", "3", "--invoices", "60", "--regions", "31", TAXLINK_DATABASE_URL=f"{address}/taxlink"
        )
        desk.house.worker()
        person = desk.people("31.api")[0]
        id = desk.submit(person).id
        assert desk.question(id) is not None
        desk.house.kill("worker-1")
        desk.house.worker()
        done = desk.accompany(person, id)
        assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
        assert len(desk.journal("31.api", "grant_made", person)) == 1
        with desk.shop.store.connect() as connection:
            assert desk.shop.audit.verify(connection).intact
        files = {path.name for path in desk.house.home.glob("*.db")}
        assert files == {"keys.db"}, "only the wrapped keys live in a file of their own"
        desk.house.end("worker-1")
