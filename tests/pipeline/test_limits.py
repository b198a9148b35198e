"""Limits belong to the portal: what it bears is held over all workers, and proven from its own side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import select, update

from authz.authorization import Progress, State
from connectors.breaker import Breaker
from connectors.interface import ChallengeKind
from connectors.places import Place
from demo.processes import wait_for
from schema.clock import BEIJING
from schema.dataset import Route
from store.database import now
from store.tables import breaker, lease

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.testing.person import Person

OpenDesk = Callable[..., "Desk"]


def rule(desk: Desk, portal: str, **rules: Any) -> None:
    """The deployment's own rules for a portal, before a worker reads them."""
    file = desk.house.endpoints_file
    listed = json.loads(file.read_text())
    listed[portal] |= rules
    file.write_text(json.dumps(listed))


def gauge(desk: Desk, portal: str) -> dict[str, int]:
    """The portal's own count of requests: under way now, most at once, total."""
    url = f"{desk.portals.endpoints[portal]['base_url']}/_sandbox/gauge"
    counted: dict[str, int] = requests.get(url, timeout=10, proxies={"http": ""}).json()
    return counted


def most_visits(desk: Desk, portal: str, since: str) -> int:
    """By the portal's log: the most companies that it served at once. A company is served from the first
    entry that follows its sign-in or answer (``since``) to the last one."""
    ends: dict[str, list[str]] = {}
    for entry in desk.portals.journal(portal):
        company = entry["taxpayer_id"]
        if company and (entry["event"] == since or company in ends):
            ends.setdefault(company, []).append(entry["at"])
    edges = sorted(
        edge for times in ends.values() for edge in ((times[0], 1), (times[-1], -1)) if len(times) > 1
    )
    served = most = 0
    for _, change in edges:
        served += change
        most = max(most, served)
    return most


def finish(desk: Desk, pairs: list[tuple[Person, str]]) -> None:
    """Answer everything that is asked, of everybody, until all runs are over."""

    def over() -> bool:
        for person, id in pairs:
            if (asked := desk.shop.challenges.open_one(id)) is not None:
                desk.answer(person, asked)
        return all(desk.over(id) for _, id in pairs)

    wait_for(over, "a run hangs")
    for _, id in pairs:
        done = desk.shop.ledger.authorization(id)
        assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)


def waited(desk: Desk, id: str, code: str) -> bool:
    return any(event.startswith("run.waiting") and code in event for event in desk.events(id))


def test_two_at_a_time_is_never_exceeded_by_four_workers(own_desk: OpenDesk) -> None:
    desk = own_desk(
        "--regions", "32", "--families", "soap", "--count", "8", "--invoices", "40", "--latency-ms", "25"
    )
    rule(desk, "32.api", limits={"concurrency": 2})
    for number in range(4):
        desk.house.worker(f"worker-{number}", slots=4)
    finish(desk, [(person, desk.submit(person).id) for person in desk.people("32.api")])
    assert gauge(desk, "32.api")["most"] == 2
    assert most_visits(desk, "32.api", "grant_made") == 2
    with desk.shop.store.connect() as connection:
        workers = Counter(row.worker.split(":")[0] for row in connection.execute(select(lease.c.worker)))
    assert len(workers) > 1, "several workers took part"
    made = desk.portals.journal("32.api", "grant_made")
    assert len(made) == len({entry["taxpayer_id"] for entry in made}) == len(desk.people("32.api"))


def test_the_rate_is_held_over_workers(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "32", "--families", "soap", "--count", "6", "--invoices", "20")
    rule(desk, "32.api", limits={"per_minute": 4})
    for number in range(2):
        desk.house.worker(f"worker-{number}")
    ids = [desk.submit(person).id for person in desk.people("32.api")]
    wait_for(lambda: len(desk.portals.journal("32.api", "sms_sent")) == 4, "the first four are not asked")
    wait_for(lambda: waiting_in_line(desk) == 2, "two do not stand in the line")
    assert len(ids) == 6
    assert len(desk.portals.journal("32.api", "sms_sent")) == 4


def waiting_in_line(desk: Desk) -> int:
    return sum(count.waiting for count in desk.shop.leases.counts().values())


def test_a_parked_run_holds_nothing(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "31", "--count", "2", "--invoices", "20")
    rule(desk, "31.api", limits={"concurrency": 1})
    desk.house.worker()
    parked, other = desk.people("31.api")
    first = desk.submit(parked).id
    assert desk.question(first) is not None
    finish(desk, [(other, desk.submit(other).id)])
    finish(desk, [(parked, first)])


@pytest.mark.browser
def test_an_open_page_keeps_its_place_while_the_person_thinks(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "51", "--count", "3", "--invoices", "20")
    rule(desk, "51.rpa", limits={"concurrency": 2})
    for number in range(2):
        desk.house.worker(f"worker-{number}")
    pairs = [(person, desk.submit(person).id) for person in desk.people("51.rpa")]

    def pages_open() -> int:
        return sum(desk.shop.challenges.open_one(id) is not None for _, id in pairs)

    for person, id in pairs:
        asked = desk.question(id)
        assert asked is not None
        assert asked.kind is ChallengeKind.CREDENTIALS, "nobody needs a place to be asked for a password"
        desk.answer(person, asked)
    wait_for(lambda: waiting_in_line(desk) == 1, "the third does not stand in the line")
    wait_for(lambda: pages_open() == 2, "two people are not asked")
    assert waiting_in_line(desk) == 1
    finish(desk, pairs)
    assert most_visits(desk, "51.rpa", "sign_in_accepted") <= 2


def test_a_maintenance_window_schedules_the_run_and_nothing_is_sent(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "31", "--count", "1", "--invoices", "20")
    clock = datetime.now(BEIJING)
    window = {
        "start": (clock - timedelta(hours=1)).time().isoformat("seconds"),
        "end": (clock + timedelta(seconds=8)).time().isoformat("seconds"),
    }
    rule(desk, "31.api", maintenance=[window])
    desk.house.worker()
    [person] = desk.people("31.api")
    id = desk.submit(person).id
    wait_for(lambda: waited(desk, id, "portal_maintenance"), "the run does not wait")
    assert gauge(desk, "31.api")["total"] == 0
    assert desk.shop.attempts.of(id) == []
    assert desk.question(id) is not None, "it goes on by itself when the portal opens"
    finish(desk, [(person, id)])


def test_a_notice_of_maintenance_from_the_portal_schedules_the_run(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "31", "--count", "1", "--invoices", "20")
    desk.house.worker()
    [person] = desk.people("31.api")
    desk.portals.fault("31.api", "maintenance", seconds=7)
    id = desk.submit(person).id
    wait_for(lambda: waited(desk, id, "portal_maintenance"), "the run does not wait")
    desk.portals.clear()
    finish(desk, [(person, id)])


def why(desk: Desk, id: str) -> list[tuple[str, str]]:
    return [(attempt["route"], attempt["why"]) for attempt in desk.shop.attempts.of(id)]


def test_an_open_breaker_is_skipped_until_a_probe_has_worked(own_desk: OpenDesk) -> None:
    """The pages ask for a password before a browser opens, so this test needs none."""
    desk = own_desk("--regions", "44", "--count", "4", "--invoices", "20")
    rule(desk, "44.api", breaker={"faults": 2, "rest_seconds": 600})
    for number in range(2):
        desk.house.worker(f"worker-{number}")
    desk.portals.fault("44.api", "down")
    first, second, third, fourth = (person for person in desk.people("44.api"))
    for person in (first, second):
        id = desk.submit(person).id
        assert desk.question(id) is not None
        assert why(desk, id)[0] == (Route.API, "preferred")
    before = gauge(desk, "44.api")["total"]
    id = desk.submit(third).id
    assert desk.question(id) is not None
    assert why(desk, id) == [(Route.RPA, "fallback/api:breaker_open")]
    assert gauge(desk, "44.api")["total"] == before, "nothing was sent to the API"

    desk.portals.clear()
    with desk.shop.store.begin() as connection:
        connection.execute(update(breaker).values(until=now()))  # the rest is over
    finish(desk, [(fourth, id := desk.submit(fourth).id)])
    assert why(desk, id)[0] == (Route.API, "preferred")
    assert desk.shop.breakers.at(Place("44", Route.API)) == Breaker()


def test_a_region_with_one_route_waits_for_the_probe_and_goes_on(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "31", "--count", "3", "--invoices", "20")
    rule(desk, "31.api", breaker={"faults": 2, "rest_seconds": 3})
    desk.house.worker()
    first, second, third = desk.people("31.api")
    desk.portals.fault("31.api", "down")
    met = [(person, desk.submit(person).id) for person in (first, second)]
    for _, id in met:
        wait_for(lambda id=id: waited(desk, id, "connection_broken"), "the run does not wait")
    id = desk.submit(third).id
    wait_for(lambda: waited(desk, id, "breaker_open"), "the run does not wait")
    assert desk.shop.attempts.of(id) == []
    desk.portals.clear()
    finish(desk, [*met, (third, id)])
    assert why(desk, id)[0] == (Route.API, "only_route")


def test_wrong_answers_stop_before_the_portal_would_count_too_many(own_desk: OpenDesk) -> None:
    desk = own_desk("--regions", "14", "--families", "servyou", "--count", "1", "--invoices", "20")
    desk.house.worker()
    [person] = desk.people("14.api")
    id = desk.submit(person).id
    while (asked := desk.question(id)) is not None:
        wrong = {"text": "0000"} if asked.kind is ChallengeKind.PICTURE else {}
        desk.answer(person, asked, **wrong)
        wait_for(lambda asked=asked: desk.settled(asked), f"{asked.kind} hangs: {desk.events(id)}")
    assert desk.shop.ledger.authorization(id).error_code == "challenge_rejected"
    assert len(desk.portals.journal("14.api", "captcha_wrong")) == 3, "the portal itself allows five"
