"""A fault that will pass, on the last route that is left: the run waits, a few times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from authz.application import Application
from authz.authorization import Authorization, State
from authz.challenges import ChallengeState
from connectors.interface import Challenge, ChallengeKind, Grant, Resume
from schema.dataset import Route
from schema.errors import ChallengeExpired, PortalUnavailable, SessionExpired
from settings import Settings
from stages import patience
from stages.application import default_scopes
from stages.dispatch import Dispatch
from stages.intake import Intake
from stages.submission import submit
from stages.workshop import Workshop

APPLICATION = Application(
    tenant="bank",
    taxpayer_id="91440300MA5DA6RX5P",
    region="44",
    scopes=default_scopes(date(2026, 11, 24)),
    product="general",
    amount_fen=50_000_000,
    term_months=12,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    found = Workshop(Settings.from_environment({"TAXLINK_HOME": str(tmp_path)}), name="test")
    yield found
    found.close()


@pytest.fixture
def current(shop: Workshop) -> Authorization:
    intake = Intake(shop, Dispatch(lambda leg: None, lambda disposal: None, lambda place, at: None))
    submitted = submit(shop, APPLICATION, {}, actor="test").authorization
    text = shop.ledger.consent(submitted.consent_id).text
    intake.agree(submitted.id, text.sha256, actor="borrower")
    return shop.ledger.move(submitted.id, State.WORKING, actor="test")


def failed(shop: Workshop, current: Authorization, route: Route, code: str) -> None:
    attempt = shop.attempts.begin(current, route, "test")
    shop.attempts.end(attempt, current.id, "failed", error_code=code)


def test_a_portal_that_was_down_is_as_good_as_untried_after_a_wait(
    shop: Workshop, current: Authorization
) -> None:
    failed(shop, current, Route.API, "portal_unavailable")
    failed(shop, current, Route.RPA, "page_changed")
    waits = patience.again(shop, current)
    assert waits is not None
    assert (waits.kind, waits.code) == ("wait", "portal_unavailable")
    assert shop.attempts.failed_routes(current) == {Route.RPA: "page_changed"}


def test_a_page_that_changed_is_not_waited_for(shop: Workshop, current: Authorization) -> None:
    failed(shop, current, Route.RPA, "page_changed")
    assert patience.again(shop, current) is None
    assert shop.attempts.failed_routes(current) == {Route.RPA: "page_changed"}


def test_each_wait_is_twice_as_long_and_after_a_few_the_run_gives_up(
    shop: Workshop, current: Authorization
) -> None:
    seconds = []
    while True:
        failed(shop, current, Route.RPA, "connection_broken")
        if (waits := patience.again(shop, current)) is None:
            break
        assert waits.seconds is not None
        seconds.append(waits.seconds)
    assert len(seconds) == patience.MOST
    assert all(later > 1.5 * sooner for sooner, later in pairwise(seconds))
    assert shop.attempts.failed_routes(current) == {Route.RPA: "connection_broken"}


SMS = Challenge(ChallengeKind.SMS_CODE, Resume.SERIALIZABLE, seconds=60)


def test_a_portal_that_forgot_the_person_is_begun_anew_a_few_times(
    shop: Workshop, current: Authorization
) -> None:
    asked = shop.challenges.put(current, Route.API, SMS, flow_state=b"{}", owner="w")
    assert not patience.forgotten(shop, current, SessionExpired()), "nobody has answered yet"
    shop.challenges.answer(current.id, asked.id, {"code": "123456"})
    shop.challenges.close(asked, ChallengeState.SUPERSEDED)
    assert not patience.forgotten(shop, current, PortalUnavailable())
    for _ in range(patience.MOST_FORGOTTEN):
        assert patience.forgotten(shop, current, SessionExpired())
        failed(shop, current, Route.API, "session_expired")
    assert not patience.forgotten(shop, current, ChallengeExpired())


def test_a_question_that_the_person_let_expire_ends_the_run(shop: Workshop, current: Authorization) -> None:
    asked = shop.challenges.put(current, Route.API, SMS, flow_state=b"{}", owner="w")
    shop.challenges.close(asked, ChallengeState.EXPIRED)
    assert not patience.forgotten(shop, current, ChallengeExpired())


def test_after_a_fallback_what_is_read_is_read_under_the_grant_of_the_route_fallen_back_to(
    shop: Workshop, current: Authorization
) -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)  # both pages show one grant of the tax authority
    with shop.store.begin() as connection:
        for route in (Route.RPA, Route.API):
            grant = Grant("YSSQ44", at, None, b"")
            shop.grants.keep(connection, current.id, route, grant, f"ref/{route}")
    for route in (Route.API, Route.RPA):
        shop.ledger.move(current.id, State.GRANTED, actor="portal", route=route)
        held = shop.grants.of(current.id)
        assert held is not None
        assert held.route is route
        shop.ledger.move(current.id, State.NEEDS_REPAIR, actor="pipeline")
        shop.ledger.move(current.id, State.PLANNING, actor="pipeline")
        shop.ledger.move(current.id, State.WORKING, actor="pipeline")
