"""Maintenance windows: daily, weekly and monthly, over midnight, in Beijing time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.overlay import Window
from connectors.windows import closed_until
from schema.clock import BEIJING

INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
TIMES = st.times().map(lambda each: each.replace(microsecond=0))
WINDOWS = st.builds(
    Window,
    start=TIMES,
    end=TIMES,
    weekday=st.none() | st.integers(1, 7),
    monthday=st.none() | st.integers(1, 31),
)


def beijing(*parts: int) -> datetime:
    year, month, day, *clock = parts
    return datetime.combine(datetime(year, month, day), time(*clock), BEIJING)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (beijing(2026, 3, 10, 23, 29, 59), None),
        (beijing(2026, 3, 10, 23, 30), beijing(2026, 3, 11, 5, 0)),
        (beijing(2026, 3, 11, 4, 59, 59), beijing(2026, 3, 11, 5, 0)),
        (beijing(2026, 3, 11, 5, 0), None),
    ],
)
def test_a_window_over_midnight_ends_on_the_next_morning(at: datetime, opens: datetime | None) -> None:
    assert closed_until([Window(start=time(23, 30), end=time(5))], at) == opens


def test_a_weekly_window_starts_on_its_day_alone() -> None:
    sunday = Window(start=time(23), end=time(2), weekday=7)
    assert closed_until([sunday], beijing(2026, 3, 9, 1)) == beijing(2026, 3, 9, 2), "Monday: since Sunday"
    assert closed_until([sunday], beijing(2026, 3, 9, 23, 30)) is None


def test_windows_that_join_are_one() -> None:
    evening, night = (
        Window(start=time(20), end=time(23, 30), monthday=28),
        Window(start=time(23), end=time(5)),
    )
    assert closed_until([evening, night], beijing(2026, 3, 28, 21)) == beijing(2026, 3, 29, 5)


@given(st.lists(WINDOWS, max_size=4), INSTANTS)
def test_a_portal_is_open_at_the_instant_it_names_or_never(windows: list[Window], at: datetime) -> None:
    opens = closed_until(windows, at)
    if opens is not None:
        assert opens > at
        assert opens - at > timedelta(days=15) or closed_until(windows, opens) is None


@given(WINDOWS, INSTANTS)
def test_a_closed_portal_says_the_same_end_until_it_opens(window: Window, at: datetime) -> None:
    opens = closed_until([window], at)
    if opens is not None and opens - at < timedelta(days=1):
        assert closed_until([window], at + (opens - at) / 2) == opens
