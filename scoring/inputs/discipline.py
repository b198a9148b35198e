"""Filing discipline: which returns were in time, and the VAT periods that were filed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scoring.inputs.declared import Declared
from scoring.inputs.returns import Returns
from scoring.measure import derived
from scoring.series import longest_run, summed
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Floats


@dataclass(frozen=True, eq=False)
class Discipline:
    """``late_days`` are the days after the due date of each first filing, NaN where a date is not told."""

    returns: Returns
    declared: Declared
    late_days: Floats
    filed_age: Floats
    gap: Floats
    """0, or ``NOT_AVAILABLE`` when no due date is told."""

    def late(self, months: int) -> Floats:
        """First filings of the window after their due date."""
        inside = (self.filed_age >= 0) & (self.filed_age < months)
        return self.returns.rows.count(inside & (self.late_days > 0)) + self.gap

    def worst(self, months: int) -> Floats:
        """The most days late; 0 when all were in time."""
        inside = (self.filed_age >= 0) & (self.filed_age < months)
        found = self.returns.rows.largest(inside, np.maximum(self.late_days, 0), INSUFFICIENT)
        return found + self.gap

    def on_time(self, months: int) -> Floats:
        """In time over what was to be filed: filings with a due date, and VAT periods without a filing."""
        rows, told = self.returns.rows, ~np.isnan(self.late_days) & (self.returns.age < months)
        done = rows.count(told & (self.late_days <= 0))
        sales = self.declared.series["sales"][:, :months]
        unfiled = self.periods(months)[0] * 0.0 + self.declared.by_period(_missing, sales)
        due = rows.count(told) + unfiled
        return np.where(due > 0.0, done / due, INSUFFICIENT) + self.gap

    @cached_property
    def _counted(self) -> dict[int, tuple[Floats, Floats, Floats]]:
        return {}

    def periods(self, months: int) -> tuple[Floats, Floats, Floats]:
        """VAT periods of a window that were filed, those without sales, and the longest run of the latter.

        A period that was not filed neither counts nor breaks a run.
        """
        if months not in self._counted:
            self._counted[months] = self._count(months)
        return self._counted[months]

    def _count(self, months: int) -> tuple[Floats, Floats, Floats]:
        nothing = np.isnan(self.declared.gap) & ~self.declared.stale
        sales = self.declared.series["sales"][:, :months]
        filed, zero, run = (
            np.where(nothing, NOT_AVAILABLE, self.declared.by_period(stat, sales))
            for stat in (_filed, _zero, _zero_run)
        )
        return filed, zero, run


def _filed(sales: Floats) -> Floats:
    return summed(~np.isnan(sales))


def _zero(sales: Floats) -> Floats:
    return summed(sales == 0.0)


def _zero_run(sales: Floats) -> Floats:
    return longest_run(sales == 0.0, np.isnan(sales))


def _missing(sales: Floats) -> Floats:
    """Periods without a filing since the first one of the window; 0 without any filing."""
    known = ~np.isnan(sales)
    first = known.shape[1] - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), first - summed(known), 0.0)


@derived
def discipline(returns: Returns, declared: Declared) -> Discipline:
    """Corrections do not make a filing late: the first one of a period counts."""
    rows = returns.rows
    late = np.where(returns.original, rows.day("event_date") - rows.day("due_on"), np.nan)
    told = rows.count(~np.isnan(late)) > 0
    return Discipline(returns, declared, late, rows.age("event_date"), np.where(told, 0.0, NOT_AVAILABLE))
