"""Filing discipline: which returns were in time, and the VAT periods that were filed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scoring.inputs.declared import Declared
from scoring.inputs.returns import Returns
from scoring.measure import derived
from scoring.series import longest_run
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
        unfiled = self.periods(months)[0] * 0
        monthly, quarterly = self.declared.filed(months)
        for found, chosen in ((monthly, ~self.declared.quarterly), (quarterly, self.declared.quarterly)):
            known = ~np.isnan(found)
            first = known.shape[1] - np.argmax(known[:, ::-1], axis=1)
            missing = np.minimum(first, known.shape[1]) - known.sum(axis=1)
            unfiled = np.where(chosen & known.any(axis=1), missing, unfiled)
        due = rows.count(told) + unfiled
        return np.where(due > 0, done / due, INSUFFICIENT) + self.gap

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
        both = [_periods(found) for found in self.declared.filed(months)]
        filed, zero, run = (
            np.where(nothing, NOT_AVAILABLE, np.where(self.declared.quarterly, quarterly, monthly))
            for monthly, quarterly in zip(*both, strict=True)
        )
        return filed, zero, run


def _periods(sales: Floats) -> tuple[Floats, Floats, Floats]:
    known, zero = ~np.isnan(sales), sales == 0
    best = longest_run(zero, ~known)
    return known.sum(axis=1).astype(np.float64), zero.sum(axis=1).astype(np.float64), best


@derived
def discipline(returns: Returns, declared: Declared) -> Discipline:
    """Corrections do not make a filing late: the first one of a period counts."""
    rows = returns.rows
    late = np.where(returns.original, rows.day("event_date") - rows.day("due_on"), np.nan)
    told = rows.count(~np.isnan(late)) > 0
    return Discipline(returns, declared, late, rows.age("event_date"), np.where(told, 0.0, NOT_AVAILABLE))
