"""Leases in the store: counting and deciding are one, over all who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

import postgres
import psycopg
import pytest
from sqlalchemy import Engine

from connectors.breaker import Signal, State
from connectors.breakers import Breakers
from connectors.leases import LIFE, Count, Leases
from connectors.overlay import BreakerRules, Limits
from connectors.places import Place
from schema.dataset import Route
from store.database import new_id, open_database
from store.migrate import migrate

PLACE = Place("44", Route.API)
TWO = Limits(concurrency=2, per_minute=1000)


Worker = Callable[[str], Leases]


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    bin = postgres.binaries()
    if bin is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.server(bin) as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        address, name = request.getfixturevalue("postgresql"), new_id("store")
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = f"{address}/{name}".replace("postgresql://", "postgresql+psycopg://")
    engine = open_database(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def worker(store: Engine, hand: Hand) -> Iterator[Worker]:
    """``worker("one")`` is that worker process's view of the leases."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(closing(Leases(store, name, clock=hand)))


def take(leases: Leases, owner: str, limits: Limits = TWO, place: Place = PLACE) -> bool:
    return leases.take(place, owner, limits, patience=0) is None


def test_the_third_waits_until_one_leaves_whichever_worker_asks(worker: Worker) -> None:
    one, other = worker("one"), worker("other")
    assert take(one, "a")
    assert take(other, "b")
    assert not take(one, "c")
    assert take(one, "a"), "a visit under way goes on"
    assert one.counts() == {PLACE: Count(under_way=2, waiting=1)}
    other.give_back("b")
    assert take(one, "c")


def test_routes_do_not_take_each_others_places(worker: Worker) -> None:
    leases, one = worker("one"), Limits(concurrency=1)
    assert take(leases, "a", one)
    assert take(leases, "b", one, Place("44", Route.RPA))
    assert not take(leases, "c", one)


def test_the_rate_holds_over_workers_though_every_visit_has_ended(worker: Worker, hand: Hand) -> None:
    one, other = worker("one"), worker("other")
    limits = Limits(concurrency=9, per_minute=2)
    for leases in (one, other):
        assert take(leases, "a", limits)
        leases.give_back("a")
        hand.on(10)
    assert one.take(PLACE, "b", limits, patience=0) == hand.at + timedelta(seconds=40)
    hand.on(40)
    assert take(one, "b", limits)


def test_a_killed_workers_places_are_free_at_its_restart_or_when_its_leases_end(
    worker: Worker, hand: Hand
) -> None:
    killed, other = worker("one"), worker("two")
    assert take(killed, "a")
    assert take(killed, "b")
    assert not take(other, "c")
    restarted = worker("one")
    restarted.forget_former_life()
    assert take(other, "c")
    assert take(other, "d")
    hand.on(LIFE.total_seconds() + 1)
    assert take(restarted, "e")


def test_those_who_wait_are_woken_in_the_order_in_which_they_came(worker: Worker, hand: Hand) -> None:
    leases, one, woken = worker("one"), Limits(concurrency=1), list[str]()
    leases.wake = woken.append
    assert take(leases, "a", one)
    for owner in "bcd":
        hand.on(1)
        assert not take(leases, owner, one)
        leases.name(owner, f"leg-{owner}")
    leases.give_back("a")
    assert woken == ["leg-b"]
    assert take(leases, "b", one)
    assert woken == ["leg-b", "leg-c"], "the next one comes to the door"


def test_who_applied_first_is_woken_first_whenever_it_asks(worker: Worker, hand: Hand) -> None:
    leases, one, woken = worker("one"), Limits(concurrency=1), list[str]()
    leases.wake = woken.append
    assert take(leases, "a", one)
    assert not take(leases, "newcomer", one)
    leases.take(PLACE, "older", one, since=hand.at - timedelta(minutes=5), patience=0)
    for owner in ("newcomer", "older"):
        leases.name(owner, owner)
    leases.give_back("a")
    assert woken == ["older"]


def test_two_places_are_never_three_under_threads_of_four_workers(store: Engine) -> None:
    workers, lock, inside, most = [Leases(store, f"w{n}") for n in range(4)], Lock(), 0, 0

    def visit(number: int) -> None:
        nonlocal inside, most
        leases, owner = workers[number % 4], f"owner-{number}"
        while leases.take(PLACE, owner, TWO) is not None:
            pass
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        leases.give_back(owner)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(24)))
    for leases in workers:
        leases.close()
    assert most <= 2
    assert workers[0].counts() == {}


def test_what_one_worker_learns_of_a_route_every_worker_knows(store: Engine, hand: Hand) -> None:
    rules = BreakerRules(faults=2, rest_seconds=10)
    one, other = Breakers(store, clock=hand), Breakers(store, clock=hand)
    one.note(PLACE, Signal.FAULT, rules)
    other.note(PLACE, Signal.FAULT, rules)
    assert one.at(PLACE).state is State.OPEN
    assert not other.begin_probe(PLACE, rules), "the rest is not over"
    hand.on(10)
    assert one.begin_probe(PLACE, rules)
    assert not other.begin_probe(PLACE, rules), "one probe at a time"
    one.note(PLACE, Signal.WORKED, rules)
    assert other.all() == {PLACE: other.at(PLACE)}
    assert other.at(PLACE).state is State.CLOSED
