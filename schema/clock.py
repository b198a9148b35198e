"""Beijing time (UTC+8, no summer time): the day that periods end on, and the hours that operations read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def today() -> date:
    """The day it is in Beijing."""
    return datetime.now(UTC).astimezone(BEIJING).date()
