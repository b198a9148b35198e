"""Numbers over (firm, month): months are newest first, 0 is the month of ``as_of``. Every function answers
one float a firm; a NaN that comes in goes out with its reason."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from scoring.value import INSUFFICIENT, Bools, Floats, Ints

MONTHS = 60
"""How far back a cube reaches."""

_FEW_CELLS = 1 << 12

_ZERO: Floats = np.array(0.0)
_ONE: Floats = np.array(1.0)
_INSUFFICIENT: Floats = np.array(INSUFFICIENT)
"""Constants as arrays, since numpy takes longer to turn a number into one than to compute with it."""


class Cube:
    """A figure by firm and month, shape (firms, ``MONTHS``)."""

    __slots__ = ("__dict__", "month")

    def __init__(self, month: Floats, sums: Floats | None = None) -> None:
        self.month = month
        if sums is not None:
            self._sums = sums

    @cached_property
    def _sums(self) -> Floats:
        return _summed_up(self.month)

    def total(self, months: int, skip: int = 0) -> Floats:
        """The sum of ``months`` months that end ``skip`` months before ``as_of``."""
        sums = self._sums
        return sums[:, skip + months] - sums[:, skip] if skip else sums[:, months]

    def last(self, months: int) -> Floats:
        """The months themselves, shape (firms, ``months``)."""
        return self.month[:, :months]


def cubes(months: Floats) -> list[Cube]:
    """The cubes of figures of shape (figures, firms, ``MONTHS``)."""
    return [Cube(month, sums) for month, sums in zip(months, _summed_up(months), strict=True)]


def _summed_up(months: Floats) -> Floats:
    """The sums of no month, of the newest, of the newest two, and so on."""
    sums: Floats = np.zeros((*months.shape[:-1], MONTHS + 1))
    np.add.accumulate(months, axis=-1, out=sums[..., 1:])
    return sums


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; ``INSUFFICIENT`` when the denominator is not positive. A missing numerator's reason comes
    first."""
    return numerator / np.where(denominator <= _ZERO, _INSUFFICIENT, denominator)


def growth(now: Floats, base: Floats) -> Floats:
    """now / base − 1."""
    return ratio(now, base) - _ONE


def since(history: Floats, months: int, found: Floats) -> Floats:
    """The figure; ``INSUFFICIENT`` when data do not reach ``months`` months back."""
    return np.where(history < float(months), _INSUFFICIENT, found)


def summed(months: npt.NDArray[Any]) -> Floats:
    """The sum along the second axis; of flags, their count."""
    return cast(Floats, np.add.reduce(months, axis=1, dtype=np.float64))


def mean(months: Floats) -> Floats:
    return cast(Floats, summed(months) / months.shape[1])


def deviation(months: Floats) -> Floats:
    """Standard deviation over the months."""
    return _deviation(months, mean(months))


def _deviation(months: Floats, centre: Floats) -> Floats:
    off = months - centre[:, None]
    return np.sqrt(mean(off * off))


def variation(months: Floats) -> Floats:
    """Standard deviation over mean."""
    level = mean(months)
    return ratio(_deviation(months, level), level)


def change_variation(months: Floats) -> Floats:
    """Standard deviation of the changes from one month to the next, over the mean level."""
    return ratio(deviation(months[:, :-1] - months[:, 1:]), mean(months))


def slope(months: Floats) -> Floats:
    """Least-squares slope from oldest to newest, a month, over the mean level."""
    time, square = _time(months.shape[1])
    return ratio(np.asarray(months @ time / square, dtype=np.float64), mean(months))


@cache
def _time(months: int) -> tuple[Floats, float]:
    """Months from their middle, newest first, and the sum of their squares."""
    time = np.arange(months, dtype=np.float64)[::-1]
    time = time - time.mean()
    return time, float(time @ time)


def correlation(left: Floats, right: Floats) -> Floats:
    """Pearson's coefficient over the months; ``INSUFFICIENT`` when one of them does not vary."""
    a, b = left - mean(left)[:, None], right - mean(right)[:, None]
    return ratio(mean(a * b), np.sqrt(mean(a * a) * mean(b * b)))


def longest_run(flags: Bools, skipped: Bools | None = None) -> Floats:
    """The longest unbroken run of true along the last axis. What is ``skipped`` neither counts nor breaks
    it."""
    counted = flags if skipped is None else flags & ~skipped
    breaks = ~flags if skipped is None else ~flags & ~skipped
    sums = np.cumsum(counted, axis=1)
    before = np.maximum.accumulate(sums * breaks, axis=1)
    return cast(Floats, np.maximum.reduce(sums - before, axis=1, initial=0).astype(np.float64))


def longest_gap(marked: Bools) -> Floats:
    """The longest step from one mark to the next along the last axis; 0 with less than two."""
    firm, day = marked.nonzero()
    steps = np.where(firm[1:] == firm[:-1], day[1:] - day[:-1], 0)
    return segment_max(steps, firm[1:], len(marked), 0.0)


def distance(found: Floats, centre: Floats, spread: Floats) -> Floats:
    """How many deviations a value lies from the mean, either way."""
    return np.abs(ratio(found - centre, spread))


def known_or(found: Floats, empty: float) -> Floats:
    """The figures, missing ones replaced."""
    return np.where(np.isnan(found), empty, found)


def segment_max(found: Floats | Ints, group: Ints, groups: int, empty: float) -> Floats:
    """The largest value of each group; ``empty`` for a group without one."""
    if groups == 1:
        return np.array([found.max() if found.size else empty], dtype=np.float64)
    best = np.full(groups, -np.inf)
    np.maximum.at(best, group, found)
    return np.where(best == -np.inf, empty, best)


def segment_sum(group: Ints, groups: int, weights: Floats | None = None) -> Floats:
    """The sum of each group, or its count."""
    if weights is None:
        return np.bincount(group, minlength=groups).astype(np.float64)
    return cast(Floats, np.bincount(group, weights, groups))


def distinct(cell: Ints, cells: int) -> tuple[Ints, Ints]:
    """The different cells below a number of them, ascending, and the place of each one's among these."""
    if cells > max(_FEW_CELLS, 4 * len(cell)):
        return np.unique(cell, return_inverse=True)
    there = np.zeros(cells, dtype=np.bool_)
    there[cell] = True
    rank = np.add.accumulate(there, dtype=np.int64) - 1
    return there.nonzero()[0], rank[cell]


def segment_count(mask: Bools, group: Ints, groups: int) -> Floats:
    """How many of each group are in the mask."""
    if groups == 1:
        return np.array([np.count_nonzero(mask)], dtype=np.float64)
    return np.bincount(group[mask], minlength=groups).astype(np.float64)


def flag(found: Bools, like: Floats) -> Floats:
    """1 or 0; where ``like`` is missing, its reason."""
    return np.where(np.isnan(like), like, found)
