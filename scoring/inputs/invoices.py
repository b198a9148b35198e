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
from scoring.series import MONTHS, Cube, cubes, segment_count, segment_max, segment_sum, summed
from scoring.value import Bools, Floats, Ints

_BANDS = np.array([0, 3, 6, 12, 15, 24, MONTHS])
"""Edges of the windows of age that amounts with a counterparty are asked for."""
_BAND = np.searchsorted(_BANDS[1:], np.arange(MONTHS + 1), side="right")
"""The window that each age falls in."""

_SORTS = 4
_BLUE, _RED, _VOID = 0, 1, 2
"""Sorts of invoices: void ones after valid ones, and of each the negative ones last."""
_ZERO = np.array(0.0)


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
        rows = self.rows.told(name)
        if rows.all():
            return np.ones(self.firms, dtype=np.bool_)
        told = segment_count(rows[self.place], self.firm, self.firms)
        return cast(Bools, (told > 0.0) | (self.number == 0.0))

    def holds(self, name: str, word: str) -> Bools:
        """Rows whose text is the word."""
        return self.rows.among(name, word)[self.place]

    @cached_property
    def number(self) -> Floats:
        """Invoices a firm, void ones included."""
        return segment_sum(self.firm, self.firms)

    @cached_property
    def _negative(self) -> Bools:
        return self.amount < _ZERO

    @cached_property
    def blue(self) -> Bools:
        return ~(self.void | self._negative)

    @cached_property
    def red(self) -> Bools:
        return self._negative & ~self.void

    @cached_property
    def _cell(self) -> Ints:
        """Where a row stands in a cube; the last month takes what is too old."""
        month = np.minimum(self.age, MONTHS)
        return month if self.firms == 1 else self.firm * (MONTHS + 1) + month

    @cached_property
    def _sorted(self) -> Ints:
        """Where a row stands in the cubes of ``_SORTS``."""
        sort = self.void.view(np.int8) * np.int8(2) + self._negative.view(np.int8)
        return sort * np.int64(self.firms * (MONTHS + 1)) + self._cell

    def cube(self, weights: Floats) -> Cube:
        """Weights by firm and month."""
        shape = (self.firms, MONTHS + 1)
        return Cube(segment_sum(self._cell, shape[0] * shape[1], weights).reshape(shape)[:, :MONTHS])

    def _by_sort(self, weights: Floats | None) -> Floats:
        """Weights, or rows, by sort, firm and month."""
        shape = (_SORTS, self.firms, MONTHS + 1)
        return segment_sum(self._sorted, int(np.prod(shape)), weights).reshape(shape)[:, :, :MONTHS]

    def valid_cube(self, weights: Floats) -> Cube:
        """Weights of valid invoices by firm and month."""
        found = self._by_sort(weights)
        return Cube(found[_BLUE] + found[_RED])

    @cached_property
    def _cubes(self) -> dict[str, Cube]:
        """The cubes of amounts and of numbers, all summed up at once."""
        fen, number = self._by_sort(self.amount), self._by_sort(None)
        names = ("blue", "red", "net", "void", "number")
        months = (fen[_BLUE], -fen[_RED], fen[_BLUE] + fen[_RED], fen[_VOID], number[_BLUE])
        return dict(zip(names, cubes(np.stack(months)), strict=True))

    @property
    def blue_month(self) -> Cube:
        return self._cubes["blue"]

    @property
    def red_month(self) -> Cube:
        """Red amounts, as positive figures."""
        return self._cubes["red"]

    @property
    def net_month(self) -> Cube:
        """Valid amount (有效金额): blue plus red."""
        return self._cubes["net"]

    @property
    def void_month(self) -> Cube:
        """Amounts of void blue invoices."""
        return self._cubes["void"]

    @property
    def count_month(self) -> Cube:
        """Valid blue invoices. Red ones offset; they do not count as business."""
        return self._cubes["number"]

    @cached_property
    def total_month(self) -> Cube:
        """价税合计 of valid invoices, red negative."""
        return self.valid_cube(self.column("total_fen"))

    @cached_property
    def history(self) -> Floats:
        """Months from the first valid invoice to ``as_of``, both included; 0 without any."""
        valid = np.where(self.void, -1, self.age) + 1
        return segment_max(valid.astype(np.float64), self.firm, self.firms, 0.0)

    @cached_property
    def _bands(self) -> Floats:
        shape = (
            len(self.pairs) + 1,
            len(_BANDS),
        )  # the first row takes nobody, the last band what is too old
        cell = (self.pair + 1) * shape[1] + _BAND[np.minimum(self.age, MONTHS)]
        sums = segment_sum(cell, shape[0] * shape[1], self.amount * ~self.void)
        return sums.reshape(shape)[1:, :-1]

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
        return (self.blue & (self.age < 12)).nonzero()[0]

    @cached_property
    def year_firm(self) -> Ints:
        return self.firm[self.year]

    @cached_property
    def year_amount(self) -> Floats:
        return self.amount[self.year]

    @cached_property
    def year_day(self) -> Ints:
        return self.day[self.year]

    @cached_property
    def year_place(self) -> Ints:
        return self.place[self.year]

    def of_year(self, mask: Bools) -> Floats:
        """The amount of the rows of the year in the mask."""
        return segment_sum(self.year_firm, self.firms, self.year_amount * mask)

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
