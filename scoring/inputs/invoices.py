"""Invoices of a batch by direction: a column a property, and the cubes by month.

Money is fen in float64, exact up to 2^53 fen. ``age`` is in months before ``as_of`` (0 = its own month).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.pairs import Pairs, pair_up
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import MONTHS, Cube, segment_max, segment_sum, summed
from scoring.value import Bools, Floats, Ints

_BANDS = np.array([0, 3, 6, 12, 15, 24, MONTHS])
"""Edges of the windows of age that amounts with a counterparty are asked for."""


@dataclass(frozen=True, eq=False)
class Side:
    """One direction's invoices. ``pair`` is −1 where nobody is named; ``rows`` are those of both sides, and
    ``place`` says where in them a row stands."""

    rows: Rows
    pairs: Pairs
    firms: int
    place: Ints
    firm: Ints
    age: Ints
    day: Ints
    amount: Floats
    pair: Ints
    void: Bools

    def column(self, name: str) -> Floats:
        """An amount column, null as 0."""
        return self.rows.amount(name)[self.place]

    def told(self, name: str) -> Bools:
        """A flag a firm: whether any of its invoices tells this column, or it has none."""
        told = self.rows.told(name)[self.place]
        return cast(Bools, segment_sum(self.firm[told], self.firms) + (self.number == 0) > 0)

    def holds(self, name: str, word: str) -> Bools:
        """Rows whose text is the word."""
        return self.rows.among(name, word)[self.place]

    @cached_property
    def number(self) -> Floats:
        """Invoices a firm, void ones included."""
        return segment_sum(self.firm, self.firms)

    @cached_property
    def blue(self) -> Bools:
        return ~self.void & (self.amount >= 0)

    @cached_property
    def red(self) -> Bools:
        return ~self.void & (self.amount < 0)

    @cached_property
    def _cell(self) -> Ints:
        """Where a row stands in a cube; the last cell takes what is too old."""
        return self.firm * (MONTHS + 1) + np.minimum(self.age, MONTHS)

    def cube(self, weights: Floats) -> Cube:
        """Weights by firm and month."""
        shape = (self.firms, MONTHS + 1)
        return Cube(segment_sum(self._cell, shape[0] * shape[1], weights).reshape(shape)[:, :MONTHS])

    @cached_property
    def blue_month(self) -> Cube:
        return self.cube(self.amount * self.blue)

    @cached_property
    def red_month(self) -> Cube:
        """Red amounts, as positive figures."""
        return self.cube(-self.amount * self.red)

    @cached_property
    def net_month(self) -> Cube:
        """Valid amount (有效金额): blue plus red."""
        return Cube(self.blue_month.month - self.red_month.month)

    @cached_property
    def void_month(self) -> Cube:
        """Amounts of void blue invoices."""
        return self.cube(np.maximum(self.amount, 0) * self.void)

    @cached_property
    def count_month(self) -> Cube:
        """Valid blue invoices. Red ones offset; they do not count as business."""
        return self.cube(self.blue.astype(np.float64))

    @cached_property
    def total_month(self) -> Cube:
        """价税合计 of valid invoices, red negative."""
        return self.cube(self.column("total_fen") * ~self.void)

    @cached_property
    def history(self) -> Floats:
        """Months from the first valid invoice to ``as_of``, both included; 0 without any."""
        return segment_max(
            (self.age[~self.void] + 1).astype(np.float64), self.firm[~self.void], self.firms, 0
        )

    @cached_property
    def _bands(self) -> Floats:
        band = np.searchsorted(_BANDS[1:-1], self.age, side="right")
        width, bands = len(self.pairs), len(_BANDS) - 1
        pair = np.where(self.age < MONTHS, self.pair, -1)
        cell = np.where(pair < 0, width, pair) * bands + band
        sums = segment_sum(cell, (width + 1) * bands, self.amount * ~self.void)
        return sums.reshape(width + 1, bands)[:width]

    def net(self, start: int, stop: int) -> Floats:
        """Net amount a pair over ages ``start`` ≤ age < ``stop`` (edges of 0, 3, 6, 12, 15, 24)."""
        if (start, stop) not in self._nets:
            edges = _BANDS.tolist()
            window = self._bands[:, edges.index(start) : edges.index(stop)]
            self._nets[(start, stop)] = summed(window)
        return self._nets[(start, stop)]

    @cached_property
    def _nets(self) -> dict[tuple[int, int], Floats]:
        return {}

    def rank(self, start: int, stop: int) -> Ints:
        """The place of each pair within its firm by that net amount, the largest 0."""
        if (start, stop) not in self._ranks:
            self._ranks[(start, stop)] = self.pairs.rank(self.net(start, stop))
        return self._ranks[(start, stop)]

    @cached_property
    def _ranks(self) -> dict[tuple[int, int], Ints]:
        return {}

    def top(self, months: int, number: int) -> Floats:
        """The part of the largest ``number`` of counterparties."""
        return self.pairs.share(self.net(0, months), self.rank(0, months) < number)

    @cached_property
    def year(self) -> Ints:
        """The blue rows of the last 12 months."""
        return np.flatnonzero(self.blue & (self.age < 12))

    @cached_property
    def year_count(self) -> Floats:
        """Blue invoices of the last 12 months."""
        return self.count_month.total(12)


@derived
def invoice_sides(batch: Batch) -> tuple[Side, Side]:
    """Issued and received, over common pairs of firm and counterparty."""
    rows = batch.rows("invoice")
    pairs, pair = rows.kept(("pairs",), lambda: pair_up(rows.frame, rows.firm, batch.firms))
    issued, received = (rows.kept(("side", way), partial(_columns, rows, pair, way)) for way in ("out", "in"))
    return Side(rows, pairs, batch.firms, *issued), Side(rows, pairs, batch.firms, *received)


def _columns(rows: Rows, pair: Ints, way: str) -> tuple[Ints, Ints, Ints, Ints, Floats, Ints, Bools]:
    """The columns of one direction: place, firm, age, day, amount, pair, void."""
    age, amount = rows.age("issued_at"), rows.number("amount_fen")
    known = ~np.isnan(age) & ~np.isnan(amount)
    place = np.flatnonzero(rows.among("direction", way) & known)
    return (
        place,
        rows.firm[place],
        age[place].astype(np.int64),
        rows.day("issued_at")[place].astype(np.int64),
        amount[place],
        pair[place],
        rows.among("state", "void")[place],
    )


@derived
def sales(invoice_sides: tuple[Side, Side]) -> Side:
    """Invoices issued (销项)."""
    return invoice_sides[0]


@derived
def purchases(invoice_sides: tuple[Side, Side]) -> Side:
    """Invoices received (进项)."""
    return invoice_sides[1]


@derived
def sold(sales: Side) -> Cube:
    """Valid sales by month, fen."""
    return sales.net_month


@derived
def bought(purchases: Side) -> Cube:
    """Valid purchases by month, fen."""
    return purchases.net_month


@derived
def sold_with_tax(sales: Side) -> Cube:
    """价税合计 of valid sales by month, fen."""
    return sales.total_month


@derived
def selling_history(sales: Side) -> Floats:
    """Months from the first valid invoice issued to ``as_of``."""
    return sales.history


@derived
def names_of_pairs(invoice_sides: tuple[Side, Side]) -> list[str | None]:
    """The name of each pair's counterparty: that of its newest and largest invoice."""
    return invoice_sides[0].rows.kept(("pair names",), lambda: _names(invoice_sides))


def _names(invoice_sides: tuple[Side, Side]) -> list[str | None]:
    found: list[str | None] = [None] * len(invoice_sides[0].pairs)
    for side, column in zip(invoice_sides, ("buyer_name", "seller_name"), strict=True):
        names, code = side.rows.encoded(column)
        code = code[side.place]
        named = np.flatnonzero((side.pair >= 0) & (code >= 0))
        pair = side.pair[named]
        size = np.minimum(np.abs(side.amount[named]), 2.0**32 - 1)
        weight = side.day[named].astype(np.float64) * 2.0**32 + size
        newest = weight == segment_max(weight, pair, len(found), -np.inf)[pair]
        best = segment_max(code[named][newest].astype(np.float64), pair[newest], len(found), -1.0)
        for place, name in enumerate(best.astype(np.int64).tolist()):
            if name >= 0 and found[place] is None:
                found[place] = names[name]
    return found
