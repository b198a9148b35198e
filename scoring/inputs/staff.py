"""Persons insured (社保) and housing-fund contributions by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import MONTHS, summed
from scoring.value import INSUFFICIENT, STALE, Floats


@dataclass(frozen=True, eq=False)
class Staff:
    """``heads`` by firm and month, NaN where a month has no count; ``fund`` likewise."""

    rows: Rows
    heads: Floats
    fund: Floats
    newest: Floats
    """Persons of the newest month with a count."""

    def mean(self, months: int) -> Floats:
        """Mean persons of the months of a window that have a count; ``STALE`` without one."""
        window = self.heads[:, :months]
        number = summed(~np.isnan(window))
        found = np.nansum(window, axis=1) / number
        return cast(Floats, np.where(number > 0, found, np.where(np.isnan(self.newest), INSUFFICIENT, STALE)))


@derived
def staff(batch: Batch) -> Staff:
    """The largest count of a month that has two."""
    rows = batch.rows("social_insurance")
    age = rows.age("month")
    heads, fund = (_grid(rows, age, column) for column in ("insured_count", "fund_count"))
    first = np.argmax(~np.isnan(heads), axis=1)
    newest = heads[np.arange(batch.firms), first]
    return Staff(rows, heads, fund, np.where(np.isnan(newest), INSUFFICIENT, newest))


def _grid(rows: Rows, age: Floats, column: str) -> Floats:
    count = rows.number(column)
    keep = np.flatnonzero((age >= 0) & (age < MONTHS) & ~np.isnan(count))
    grid = np.full((rows.firms, MONTHS), np.nan)
    order = keep[np.argsort(count[keep], kind="stable")]
    grid[rows.firm[order], age[order].astype(np.int64)] = count[order]
    return grid
