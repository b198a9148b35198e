"""Closed date ranges and the month arithmetic that windows and filings need."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, model_validator


class Period(BaseModel):
    """A closed range of days, ``start`` and ``end`` included."""

    model_config = ConfigDict(frozen=True)

    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.end < self.start:
            raise ValueError("a period ends before it starts")
        return self

    def covers(self, other: Period) -> bool:
        """True when every day of ``other`` lies within this period."""
        return self.start <= other.start and other.end <= self.end

    def months(self) -> Iterator[Period]:
        """The calendar months it touches, each clipped to the period, oldest first."""
        start = self.start
        while start <= self.end:
            end = min(month_end(start), self.end)
            yield Period(start=start, end=end)
            start = end + timedelta(days=1)

    def parts(self, months: int) -> Iterator[Period]:
        """The period cut into parts of at most ``months`` months, oldest first: what a portal that caps its
        queries is asked."""
        start = self.start
        while start <= self.end:
            end = min(self.end, add_months(start, months) - timedelta(days=1))
            yield Period(start=start, end=end)
            start = end + timedelta(days=1)

    def halves(self) -> tuple[Period, Period] | None:
        """The period cut in the middle, the earlier half first; None for a single day."""
        if self.start == self.end:
            return None
        middle = self.start + (self.end - self.start) // 2
        return Period(start=self.start, end=middle), Period(start=middle + timedelta(days=1), end=self.end)

    def __str__(self) -> str:
        return f"{self.start:%Y%m%d}-{self.end:%Y%m%d}"


def month_end(day: date) -> date:
    """The last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later (earlier when negative), clipped to the month's length."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_full_month_end(day: date) -> date:
    """``as_of`` of an application made on ``day``: the last day of the month before."""
    return day.replace(day=1) - timedelta(days=1)


def trailing_months(as_of: date, months: int) -> Period:
    """The window of ``months`` whole months that ends with the month of ``as_of``."""
    end = month_end(as_of)
    return Period(start=add_months(end.replace(day=1), 1 - months), end=end)
