"""Counterparties over time: when trade began, in which months there was some, and core enterprises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from scoring.inputs.bank_side import Known, flagged
from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.inputs.invoices import Side
from scoring.inputs.names import Named
from scoring.measure import derived
from scoring.series import correlation, growth, segment_max, segment_sum, since
from scoring.value import INSUFFICIENT, Bools, Floats, Ints

STABLE_PART = 0.75
"""A stable counterparty trades in 9 of 12 months (18 of 24)."""
MOST_LAG = 6
DAYS_A_MONTH = 30.0
_LAGGED = np.arange(MOST_LAG + 1)[:, None] + np.arange(12)


@dataclass(frozen=True, eq=False)
class Partners:
    """One side's pairs. ``first`` is the age of the first blue invoice, −1 without one."""

    side: Side
    first: Floats

    @cached_property
    def traded(self) -> Bools:
        """Whether there was a blue invoice, by pair and month, shape (pairs, 24)."""
        keep = (self.side.blue & (self.side.age < 24) & (self.side.pair >= 0)).nonzero()[0]
        cell = self.side.pair[keep] * 24 + self.side.age[keep]
        return (np.bincount(cell, minlength=len(self.side.pairs) * 24) > 0).reshape(-1, 24)

    @cached_property
    def amounts(self) -> Floats:
        """Fen with tax of valid invoices by pair and month, shape (pairs, 24)."""
        keep = (~self.side.void & (self.side.age < 24) & (self.side.pair >= 0)).nonzero()[0]
        cell = self.side.pair[keep] * 24 + self.side.age[keep]
        total = self.side.column("total_fen")[keep]
        return segment_sum(cell, len(self.side.pairs) * 24, total).reshape(-1, 24)

    def stable(self, months: int) -> Bools:
        """Pairs that traded in most months of a window; natural persons share a key, and are left out."""
        active = np.add.reduce(self.traded[:, :months], axis=1) >= STABLE_PART * months
        return cast(Bools, active & ~self.side.pairs.individual)

    def months_of(self, mask: Bools) -> Floats:
        """Fen with tax by firm and month over the mask's pairs, shape (firms, 24)."""
        sums = np.zeros((self.side.firms, 24))
        np.add.at(sums, self.side.pairs.firm[mask], self.amounts[mask])
        return sums


def _partners(side: Side) -> Partners:
    keep = (side.blue & (side.pair >= 0)).nonzero()[0]
    first = segment_max(side.age[keep].astype(np.float64), side.pair[keep], len(side.pairs), -1.0)
    return Partners(side, first)


@derived
def buyers(sales: Side) -> Partners:
    """The customers."""
    return _partners(sales)


@derived
def sellers(purchases: Side) -> Partners:
    """The suppliers."""
    return _partners(purchases)


@derived
def core(batch: Batch, sales: Side) -> Known:
    """Pairs with a core enterprise (核心企业)."""
    return flagged(sales.pairs, [context.core for context in batch.contexts])


def yearly_growth(side: Side, members: Bools) -> Floats:
    """Net amount of the year with some pairs against the year before, minus 1."""
    now, before = (side.pairs.sum(side.net(*window) * members) for window in ((0, 12), (12, 24)))
    return since(side.history, 24, growth(now, before))


@derived
def paid_by_pair(named: Named, flows: Flows, payers: tuple[Ints, Ints, Floats]) -> Floats:
    """Fen that each pair's company paid in the last year, by its name on bank statements."""
    _, cell, fen = payers
    paid = np.zeros(flows.rows.firms * len(flows.parties))
    paid[cell] = fen
    return np.where(named.cell >= 0, paid[named.cell], 0.0)


def lag_days(invoiced: Floats, received: Floats) -> Floats:
    """The lag, in days, at which a year's receipts follow what was invoiced most closely; months are newest
    first, ``invoiced`` reaches 6 months further back."""
    lags = len(_LAGGED)
    lagged = invoiced[:, _LAGGED].reshape(-1, 12)
    found = correlation(received[:, :12].repeat(lags, axis=0), lagged).reshape(-1, lags)
    found[np.isnan(found)] = -np.inf
    best = found.argmax(axis=1)
    none = found.max(axis=1) == -np.inf
    return cast(Floats, np.where(none, INSUFFICIENT, best * DAYS_A_MONTH))


@derived
def core_receipts(named: Named, flows: Flows, core: Known) -> Floats:
    """Operating fen from core enterprises by firm and month, shape (firms, months)."""
    return flows.cube(flows.into & flows.operating & named.moves(core.flag)).month
