"""Figures of platforms (场景平台) and of our own books (本行存量), by item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np

from scoring.context import Context, Figure
from scoring.inputs.bank_side import days
from scoring.inputs.batch import Batch
from scoring.inputs.rows import months_of
from scoring.measure import derived
from scoring.series import MONTHS, Cube, cubes, segment_sum
from scoring.value import NOT_AVAILABLE, Bools, Floats, Ints

SCENE = (
    *("order_backlog", "confirmed_ar", "export", "bid_win", "equity_round", "subsidy", "title"),
    *("capacity_used", "capacity_designed", "machine_hours", "machines", "research_heads", "points"),
    *("pos_amount", "pos_refund", "stores", "rating", "customs_amount", "logistics_orders"),
    *("ecom_amount", "ecom_refund", "ecom_fake"),
)
"""Amounts are yuan a day or month, ``title`` is a level from 1 (科小) to 4 (国家级), ``rating`` 0 to 5."""

OWN_LOANS = (
    *("instalments_due", "instalments_on_time", "repaid", "repaid_early"),
    *("limit", "used", "loan_balance", "owner_deposit"),
)
"""What our books tell: counts of instalments, and yuan at the end of a month."""


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures known at ``as_of``, firm by firm; ``ahead`` are the months until each ends."""

    firms: int
    items: tuple[str, ...]
    firm: Ints
    item: Ints
    age: Floats
    value: Floats
    ahead: Floats
    party: list[str | None]

    def of(self, item: str) -> Bools:
        return cast(Bools, self.item == self.items.index(item))

    def told(self, item: str, found: Floats) -> Floats:
        """A figure; ``NOT_AVAILABLE`` where the item was never told."""
        return cast(Floats, found + self._gaps[self.items.index(item)])

    @cached_property
    def _cell(self) -> Ints:
        return self.item * self.firms + self.firm

    @cached_property
    def _gaps(self) -> Floats:
        """0, or ``NOT_AVAILABLE``, by item and firm."""
        number = segment_sum(self._cell, len(self.items) * self.firms).reshape(-1, self.firms)
        return np.where(number > 0.0, 0.0, NOT_AVAILABLE)

    @cached_property
    def _latest(self) -> Floats:
        """The newest value, by item and firm."""
        order = np.lexsort((self.value, -self.age, self._cell))
        found = np.full(len(self.items) * self.firms, NOT_AVAILABLE)
        found[self._cell[order]] = self.value[order]
        return found.reshape(-1, self.firms)

    @cached_property
    def _cubes(self) -> list[Cube]:
        keep = self.age < MONTHS
        cell = self._cell[keep] * MONTHS + self.age[keep].astype(np.int64)
        sums = segment_sum(cell, len(self.items) * self.firms * MONTHS, self.value[keep])
        return cubes(sums.reshape(-1, self.firms, MONTHS))

    def month(self, item: str) -> Cube:
        """An item's values by month."""
        return self._cubes[self.items.index(item)]

    def total(self, item: str, months: int, skip: int = 0) -> Floats:
        """An item's sum over a window."""
        return self.told(item, self.month(item).total(months, skip))

    def count(self, item: str, months: int) -> Floats:
        """How often an item was told in a window."""
        return segment_sum(self.firm[self.of(item) & (self.age < months)], self.firms)

    def mean(self, item: str, months: int, skip: int = 0) -> Floats:
        """The mean of an item over a window."""
        if not len(self.item):
            return np.full(self.firms, NOT_AVAILABLE)
        keep = self.of(item) & (self.age >= skip) & (self.age < skip + months)
        number = segment_sum(self.firm[keep], self.firms)
        return np.where(
            number > 0, segment_sum(self.firm[keep], self.firms, self.value[keep]) / number, NOT_AVAILABLE
        )

    def latest(self, item: str) -> Floats:
        """The newest value of an item; the larger of two of one month."""
        return cast(Floats, self._latest[self.items.index(item)])


def _figures(
    batch: Batch, items: tuple[str, ...], read: Callable[[Context], tuple[Figure, ...] | None]
) -> Figures:
    place = {item: code for code, item in enumerate(items)}
    known = [
        (firm, figure)
        for firm, context in enumerate(batch.contexts)
        for figure in read(context) or ()
        if figure.item in place and figure.event_date <= batch.as_of[firm] and np.isfinite(figure.value)
    ]
    firm = np.array([firm for firm, _ in known], dtype=np.int64)
    day, until = (
        np.array([days(told) for told in told_days], dtype=np.float64)
        for told_days in ([one.event_date for _, one in known], [one.until for _, one in known])
    )
    return Figures(
        batch.firms,
        items,
        firm,
        np.array([place[one.item] for _, one in known], dtype=np.int64),
        batch.last_month[firm] - months_of(day),
        np.array([one.value for _, one in known], dtype=np.float64),
        months_of(until) - batch.last_month[firm],
        [one.party for _, one in known],
    )


@derived
def scene(batch: Batch) -> Figures:
    """What platforms tell."""
    return replace(batch.kept("scene", lambda: _figures(batch, SCENE, lambda context: context.scene)))


@derived
def own_loans(batch: Batch) -> Figures:
    """What our own books tell."""
    return replace(
        batch.kept("own_loans", lambda: _figures(batch, OWN_LOANS, lambda context: context.own_loans))
    )
