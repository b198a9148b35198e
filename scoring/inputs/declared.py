"""The VAT returns as monthly series.

A quarterly return is spread over its months, so that a window of n months is n/3 periods. A month without a
return is unknown, never zero. Windows end with the last filed period: the month of ``as_of`` is usually not
due yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import numpy as np

from schema.taxforms import VAT_SERIES
from scoring.inputs.batch import Batch
from scoring.inputs.returns import LINES, VAT_SMALL, Returns
from scoring.measure import derived
from scoring.series import MONTHS, known_or, summed
from scoring.value import INSUFFICIENT, NOT_APPLICABLE, NOT_AVAILABLE, STALE, Bools, Floats, Ints

_NAMES = ("sales", "taxable", "export", "exempt", "output_tax", "input_tax", "payable", "carried")
SERIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    name: (VAT_SERIES["vat_general"][name], VAT_SERIES["vat_small"].get(name, ())) for name in _NAMES
}
"""Series → lines that add up to it, in the general and in the small-scale form."""

STOCK = "carried"
"""The series that states a balance at the end of the period; the others are flows."""

QUARTER = 3


@dataclass(frozen=True, eq=False)
class Declared:
    """``series`` are fen by firm and month before the last filed one, newest first."""

    series: dict[str, Floats]
    last: Floats
    """Age of the last filed month."""
    quarterly: Bools
    small: Bools
    stale: Bools
    gap: Floats
    """0, or why there is no value: ``NOT_AVAILABLE`` without a VAT return, ``STALE`` when filing stopped."""
    _totals: dict[tuple[str, int, int], Floats] = field(default_factory=dict)

    def total(self, name: str, months: int, skip: int = 0) -> Floats:
        """The sum over ``months`` that end ``skip`` months before the last filed one, fen.

        ``NOT_APPLICABLE`` for a line that the form does not have, ``INSUFFICIENT`` when a month of the
        window was not filed.
        """
        key = (name, months, skip)
        if key not in self._totals:
            found = summed(self.series[name][:, skip : skip + months])
            self._totals[key] = self._typed(name, found)
        return self._totals[key]

    def newest(self, name: str) -> Floats:
        """The last filed period's figure."""
        return self._typed(name, self.series[name][:, 0])

    def over_periods(self, stat: Callable[[Floats], Floats], name: str, months: int) -> Floats:
        """A statistic of the figures a period, newest first."""
        monthly = self.series[name][:, :months]
        return self._typed(name, self.by_period(stat, monthly) + summed(monthly) * 0.0)

    def by_period(self, stat: Callable[[Floats], Floats], monthly: Floats) -> Floats:
        """A statistic of the filed periods, of quarters where a firm files by the quarter. Unfiled ones are
        NaN."""
        if not self._any_quarterly:
            return stat(monthly)
        quarters = monthly.reshape(len(monthly), -1, QUARTER).sum(axis=2)
        return np.where(self.quarterly, stat(quarters), stat(monthly))

    @cached_property
    def _any_quarterly(self) -> bool:
        return bool(self.quarterly.any())

    def _typed(self, name: str, found: Floats) -> Floats:
        if not SERIES[name][1]:
            found = np.where(self.small, NOT_APPLICABLE, found)
        return np.where(self.gap != 0, self.gap, found)


@derived
def declared(returns: Returns, batch: Batch) -> Declared:
    """The VAT series of every firm."""
    rows = returns.rows
    start = rows.day("period_start")
    vat = np.flatnonzero(returns.vat)
    order = vat[np.lexsort((start[vat], -returns.age[vat], rows.firm[vat]))]
    firm = rows.firm[order]
    newest = np.full(batch.firms, -1, dtype=np.int64)
    newest[firm] = order
    none = newest < 0
    last = np.maximum(_picked(returns.age, newest), 0.0)
    quarterly = _picked(returns.months, newest) >= QUARTER
    small = _picked(returns.form.astype(np.float64), newest) == VAT_SMALL
    lag = batch.measurement.filing_lag_months
    stale = last > np.where(quarterly, lag[QUARTER], lag[1])
    gap = np.where(none, NOT_AVAILABLE, np.where(stale, STALE, 0.0))
    told = order[~np.isnan(returns.line("1")[order])]
    series = _spread(returns, told, last)
    return Declared(series, last, quarterly, small, stale & ~none, gap)


def _picked(column: Floats, row: Ints) -> Floats:
    """A column's value on each firm's row; 0 for −1."""
    return np.append(column, 0.0)[row]


def _spread(returns: Returns, order: Ints, last: Floats) -> dict[str, Floats]:
    """Every series from returns in the order of their end: a later one overwrites."""
    current = known_or(returns.current[order], 0.0)
    small = returns.form[order] == VAT_SMALL
    months = np.clip(returns.months[order], 1, 12).astype(np.int64)
    amounts = _amounts(current, small)
    firm = returns.rows.firm[order]
    first = (returns.age[order] - last[firm]).astype(np.int64)
    ends = np.cumsum(months)
    step = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - months, months)
    age = np.repeat(first, months) + step
    row = np.repeat(np.arange(len(order)), months)
    keep = (age >= 0) & (age < MONTHS)
    row, age = row[keep], age[keep]
    series = np.full((len(SERIES), len(last), MONTHS), INSUFFICIENT)
    flows = amounts / months
    flows[_STOCK] = amounts[_STOCK]
    series[:, firm[row], age] = flows[:, row]
    return dict(zip(SERIES, series, strict=True))


def _amounts(current: Floats, small: Bools) -> Floats:
    """Each series of each return, fen, shape (series, returns)."""
    return cast(Floats, np.where(small, _ADDED[1] @ current.T, _ADDED[0] @ current.T))


_ADDED = np.array(
    [[[line in lines[form] for line in LINES] for lines in SERIES.values()] for form in (0, 1)],
    dtype=np.float64,
)
"""Which lines add up to which series, by form."""
_STOCK = tuple(SERIES).index(STOCK)
