"""Red invoices, each with the day of the blue one that it offsets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.invoices import Side
from scoring.measure import derived
from scoring.series import segment_sum
from scoring.value import Bools, Floats, Ints

_SLOTS = 1 << 16


@dataclass(frozen=True, eq=False)
class Reds:
    """Red rows of one side. ``origin`` is the day of the blue invoice, ``UNKNOWN`` when it is not in the
    data: that of the original number when told, else of the latest earlier blue one of that counterparty and
    amount."""

    firms: int
    firm: Ints
    age: Ints
    day: Ints
    amount: Floats
    """Positive, fen."""
    pair: Ints
    origin: Ints

    def sum(self, mask: Bools) -> Floats:
        return segment_sum(self.firm[mask], self.firms, self.amount[mask])

    def count(self, mask: Bools) -> Floats:
        return segment_sum(self.firm[mask], self.firms)


UNKNOWN = -(1 << 40)
_EVER = 1 << 40


@derived
def reds_issued(sales: Side) -> Reds:
    """The red invoices among sales."""
    rows, blue = sales.red.nonzero()[0], sales.blue.nonzero()[0]
    amount = np.abs(sales.amount).astype(np.int64)
    key = ((sales.pair + 1) << 40) + (amount & ((1 << 40) - 1))
    origin = _latest(key[rows], sales.day[rows], key[blue], sales.day[blue])
    named = sales.rows.told("original_number")[sales.place[rows]]
    if named.any():
        wanted = sales.rows.hashed("original_number")[sales.place[rows]]
        there = sales.rows.hashed("number")[sales.place[blue]]
        told = _latest(wanted, np.full(len(rows), _EVER), there, sales.day[blue])
        origin = np.where(named & (told > UNKNOWN), told, origin)
    return Reds(
        sales.firms,
        sales.firm[rows],
        sales.age[rows],
        sales.day[rows],
        -sales.amount[rows],
        sales.pair[rows],
        origin,
    )


def _latest(key: Ints, day: Ints, keys: Ints, days: Ints) -> Ints:
    """For each key and day the latest of ``days`` not after it among equal ``keys``; else ``UNKNOWN``."""
    wanted = np.zeros(_SLOTS, dtype=np.bool_)  # a sieve: few of the many keys are asked for
    wanted[key & (_SLOTS - 1)] = True
    near = np.flatnonzero(wanted[keys & (_SLOTS - 1)])
    ordered = np.sort(key)
    place = np.minimum(np.searchsorted(ordered, keys[near]), max(len(ordered) - 1, 0))
    near = near[ordered[place] == keys[near]] if len(ordered) else near[:0]
    order = near[np.lexsort((days[near], keys[near]))]
    found_key, found_day = keys[order], days[order]
    rank = np.searchsorted(ordered, found_key) * np.int64(1 << 42) + found_day + (1 << 40)
    asked = np.searchsorted(ordered, key) * np.int64(1 << 42) + day + (1 << 40)
    at = np.searchsorted(rank, asked, side="right") - 1
    hit = at >= 0
    at = np.maximum(at, 0)
    if not len(rank):
        return np.full(len(key), UNKNOWN, dtype=np.int64)
    return np.where(hit & (found_key[at] == key), found_day[at], UNKNOWN)
