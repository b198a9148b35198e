"""When a portal is closed for maintenance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from connectors.overlay import Window
from schema.clock import BEIJING

_DAY = timedelta(days=1)
_MOST_JOINED = 32
"""Windows that follow each other without a gap; more is a portal that never opens."""


def closed_until(windows: Sequence[Window], at: datetime) -> datetime | None:
    """The instant (UTC) at which the portal opens again, over windows that join; None when it is open."""
    opens = at.astimezone(BEIJING)
    for _ in range(_MOST_JOINED):
        ends = [end for window in windows if (end := _end(window, opens)) is not None]
        if not ends:
            break
        opens = max(ends)
    return opens.astimezone(UTC) if opens > at else None


def _end(window: Window, local: datetime) -> datetime | None:
    """The end of the window's occurrence that covers this moment."""
    for day in (local.date(), local.date() - _DAY):
        start = datetime.combine(day, window.start, BEIJING)
        end = datetime.combine(day, window.end, BEIJING)
        if window.end <= window.start:
            end += _DAY
        if _falls_on(window, day) and start <= local < end:
            return end
    return None


def _falls_on(window: Window, day: date) -> bool:
    return window.weekday in (None, day.isoweekday()) and window.monthday in (None, day.day)
