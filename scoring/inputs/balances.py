"""Daily closing balances of the last year, all accounts of a firm together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.measure import derived
from scoring.series import MONTHS, known_or
from scoring.value import INSUFFICIENT, Bools, Floats, Ints

DAYS = 372


@dataclass(frozen=True, eq=False)
class Balances:
    """``day`` is fen by firm and days before ``as_of``; NaN before the statements begin."""

    day: Floats
    month_ends: Ints
    """Days from the end of each month to ``as_of``, shape (firms, 13)."""

    def window(self, months: int) -> Floats:
        """The days of a window, later ones first; outside of it NaN."""
        length = self.month_ends[:, months][:, None]
        return np.where(np.arange(DAYS) < length, self.day, np.nan)

    def mean(self, months: int) -> Floats:
        """``INSUFFICIENT`` when a day of the window is not known."""
        inside = np.arange(DAYS) < self.month_ends[:, months][:, None]
        return cast(Floats, np.where(inside, self.day, 0.0).sum(axis=1) / inside.sum(axis=1))

    def share(self, months: int, mask: Bools) -> Floats:
        """The part of the window's days in the mask."""
        inside = np.arange(DAYS) < self.month_ends[:, months][:, None]
        return cast(Floats, (mask & inside).sum(axis=1) / inside.sum(axis=1) + 0 * self.mean(months))


@derived
def balances(flows: Flows, batch: Batch) -> Balances:
    """The closing balance of a day is that of its last movement; a day without one keeps the day before."""
    begins = (batch.last_month[:, None] - 1970 * 12 + 1 - np.arange(13)).view("M8[M]").astype("M8[D]")
    month_ends = batch.last_day[:, None] + 1 - begins.astype(np.int64)
    rows = flows.rows
    balance = rows.number("balance_fen")
    ago = rows.days_ago("event_date")
    keep = np.flatnonzero(~np.isnan(balance) & (flows.age < MONTHS))
    account = rows.codes("account_id") + 1
    group = rows.firm * (int(account.max(initial=0)) + 1) + account
    time, line = (known_or(rows.number(name), -1.0) for name in ("occurred_at", "line"))
    order = keep[np.lexsort((balance[keep], line[keep], time[keep], -ago[keep], group[keep]))]
    groups, place = np.unique(group[order], return_inverse=True)
    firm = np.zeros(len(groups), dtype=np.int64)
    firm[place] = rows.firm[order]
    grid = np.full((len(groups), DAYS + 1), np.nan)
    # the balance before the window opens stands in its last cell
    grid[place, np.minimum(ago[order], DAYS).astype(np.int64)] = balance[order]
    filled = _carried(grid[:, ::-1])[:, ::-1][:, :DAYS]
    day = np.zeros((batch.firms, DAYS))
    np.add.at(day, firm, filled)
    nothing = np.bincount(firm, minlength=batch.firms) == 0
    return Balances(np.where(nothing[:, None] | np.isnan(day), INSUFFICIENT, day), month_ends)


def _carried(grid: Floats) -> Floats:
    """Each cell, or the last known one before it along the row; a row starts with its first known one."""
    known = ~np.isnan(grid)
    place = np.maximum.accumulate(np.where(known, np.arange(grid.shape[1]), 0), axis=1)
    filled = np.take_along_axis(grid, place, axis=1)
    first = np.take_along_axis(grid, known.argmax(axis=1)[:, None], axis=1)
    return np.where(np.isnan(filled), first, filled)
