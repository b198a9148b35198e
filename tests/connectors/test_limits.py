"""What a portal bears: visits at a time, visits a minute, less in the filing period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.limits import MINUTE, Standing, full, limits_at, paced
from connectors.overlay import FilingPeriod, Limits, overlay
from schema.clock import BEIJING
from schema.dataset import Route

START = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(("under_way", "expected"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_portal_is_full_when_its_places_are_taken(under_way: int, expected: bool) -> None:
    assert full(Limits(concurrency=2), Standing(under_way, ())) is expected


@given(st.integers(1, 5), st.lists(st.floats(0, 30), max_size=40))
def test_whoever_keeps_to_the_pace_never_begins_more_than_allowed_within_a_minute(
    per_minute: int, pauses: list[float]
) -> None:
    limits, at, begun = Limits(per_minute=per_minute), START, list[datetime]()
    for pause in pauses:
        at = paced(limits, Standing(0, begun), at + timedelta(seconds=pause))
        begun.append(at)
    for first in begun:
        assert sum(first <= each < first + MINUTE for each in begun) <= per_minute


@given(st.integers(1, 5), st.lists(st.floats(0, 59), max_size=10))
def test_nobody_waits_longer_than_the_rate_asks_for(per_minute: int, ages: list[float]) -> None:
    begun = sorted(START - timedelta(seconds=age) for age in ages)
    opens = paced(Limits(per_minute=per_minute), Standing(0, begun), START)
    assert (opens == START) == (len(begun) < per_minute)
    assert opens <= START + MINUTE


def test_the_filing_period_slows_down_from_the_first_to_its_last_day_in_beijing() -> None:
    slow = FilingPeriod(last_day=15, concurrency=1, per_minute=10)
    route = overlay("44").route(Route.API).model_copy(update={"filing_period": slow})
    last = datetime(2026, 3, 15, 23, 59, tzinfo=BEIJING)
    assert limits_at(route, last).concurrency == 1
    assert limits_at(route, last).timeout_seconds == route.limits.timeout_seconds
    assert limits_at(route, last + timedelta(minutes=1)) == route.limits
