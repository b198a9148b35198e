"""Daily closing balances of the last year, all accounts of a firm together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.measure import derived
from scoring.series import MONTHS, known_or
from scoring.value import INSUFFICIENT, Bools, Floats, Ints

DAYS = 372
_DAY = np.arange(DAYS)


@dataclass(frozen=True, eq=False)
class Balances:
    """``day`` is fen by firm and days before ``as_of``; NaN before the statements begin."""

    day: Floats
    month_ends: Ints
    """Days from the end of each month to ``as_of``, shape (firms, 13)."""

    def window(self, months: int) -> Floats:
        """The days of a window, later ones first; outside of it NaN."""
        return np.where(self.inside(months), self.day, np.nan)

    def inside(self, months: int) -> Bools:
        """The days of a window."""
        if months not in self._inside:
            self._inside[months] = self.month_ends[:, months, None] > _DAY
        return self._inside[months]

    @cached_property
    def _inside(self) -> dict[int, Bools]:
        return {}

    @cached_property
    def _means(self) -> dict[int, Floats]:
        return {}

    def mean(self, months: int) -> Floats:
        """``INSUFFICIENT`` when a day of the window is not known."""
        if months not in self._means:
            held = np.where(self.inside(months), self.day, 0.0)
            self._means[months] = np.add.reduce(held, axis=1) / self.month_ends[:, months]
        return self._means[months]

    def share(self, months: int, mask: Bools) -> Floats:
        """The part of the window's days in the mask."""
        number = np.add.reduce(mask & self.inside(months), axis=1)
        return cast(Floats, number / self.month_ends[:, months] + 0.0 * self.mean(months))


@derived
def balances(flows: Flows, batch: Batch) -> Balances:
    """The closing balance of a day is that of its last movement; a day without one keeps the day before."""
    months = (batch.last_month[:, None] - 1970 * 12 + 1 - np.arange(13)).view("M8[M]").astype("M8[D]")
    month_ends = batch.last_day[:, None] + 1 - months.astype(np.int64)
    rows = flows.rows
    balance = rows.number("balance_fen")
    ago = rows.days_ago("event_date")
    keep = (~np.isnan(balance) & (flows.age < MONTHS)).nonzero()[0]
    account = rows.codes("account_id") + 1
    group = rows.firm * (int(account.max(initial=0)) + 1) + account
    time, line = (known_or(rows.number(name), -1.0) for name in ("occurred_at", "line"))
    order = keep[np.lexsort((balance[keep], line[keep], time[keep], -ago[keep], group[keep]))]
    ordered = group[order]
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    firm = rows.firm[order[begins]]
    grid = np.full((len(firm), DAYS + 1), np.nan)
    # the balance before the window opens stands in its last cell
    grid[np.add.accumulate(begins, dtype=np.int64) - 1, np.minimum(ago[order], DAYS).astype(np.int64)] = (
        balance[order]
    )
    filled = _carried(grid[:, ::-1])[:, ::-1][:, :DAYS]
    day = np.full((batch.firms, DAYS), INSUFFICIENT)
    if len(firm):
        first = np.concatenate(([True], firm[1:] != firm[:-1])).nonzero()[0]
        day[firm[first]] = np.add.reduceat(filled, first, axis=0)
    return Balances(day, month_ends)


def _carried(grid: Floats) -> Floats:
    """Each cell, or the last known one before it along the row; a row starts with its first known one."""
    known = ~np.isnan(grid)
    first = known.argmax(axis=1)[:, None]
    place = np.maximum.accumulate(np.where(known, np.arange(grid.shape[1]), first), axis=1)
    return grid[np.arange(len(grid))[:, None], place]
