"""Invoice lines of valid blue invoices: amounts by item class, and unit prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import polars as pl

from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import distinct, ratio, segment_count, segment_sum, summed
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Bools, Floats, Ints

_AGES = 24


@dataclass(frozen=True, eq=False)
class Cells:
    """The firm and the item class of each cell, and the cell of each row, −1 where no class is told."""

    firm: Ints
    item: list[str]
    of_row: Ints


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of one direction of the last 24 months, and their item classes: the leading digits of the
    tax class (税收分类编码). ``rows`` are those of both directions, and ``place`` says where in them a line
    stands."""

    rows: Rows
    firms: int
    place: Ints
    firm: Ints
    age: Ints
    cells: Cells

    @cached_property
    def amount(self) -> Floats:
        return self.rows.amount("amount_fen")[self.place]

    @cached_property
    def _by_age(self) -> Floats:
        """Fen by cell and months of age, shape (cells, 24)."""
        cell, number = self.cells.of_row[self.place] + 1, len(self.cells.firm) + 1  # 0: no class
        found = segment_sum(cell * _AGES + self.age, number * _AGES, self.amount)
        return found.reshape(number, _AGES)[1:]

    @cached_property
    def _windows(self) -> dict[int, tuple[Ints, list[str], Floats]]:
        return {}

    def by_class(self, months: int) -> tuple[Ints, list[str], Floats]:
        """Firm, class and fen of each class with a positive amount in a window."""
        if months not in self._windows:
            sums = summed(self._by_age[:, :months])
            positive = (sums > 0.0).nonzero()[0]
            classes = [self.cells.item[at] for at in positive.tolist()]
            self._windows[months] = self.cells.firm[positive], classes, sums[positive]
        return self._windows[months]

    @property
    def firm_of(self) -> Ints:
        return self.by_class(12)[0]

    @property
    def class_of(self) -> list[str]:
        return self.by_class(12)[1]

    @property
    def fen(self) -> Floats:
        return self.by_class(12)[2]

    @cached_property
    def gap(self) -> Floats:
        """0 where classes are known, else why not: ``NOT_AVAILABLE`` when lines tell none, ``INSUFFICIENT``
        without a line."""
        found = segment_sum(self.firm_of, self.firms)
        if found.all():
            return np.zeros(self.firms)
        year = self.age < 12
        lines = segment_count(year, self.firm, self.firms)
        told = segment_count(year & (self.cells.of_row[self.place] >= 0), self.firm, self.firms)
        return np.where(found > 0, 0.0, np.where((lines > 0) & (told == 0), NOT_AVAILABLE, INSUFFICIENT))

    def sum(self, found: Floats) -> Floats:
        """The sum of a figure by class, a firm."""
        return segment_sum(self.firm_of, self.firms, found)

    def share(self, members: Bools) -> Floats:
        """The part of the classes of the mask in all, a firm."""
        return self.sum(self.fen * members) / self.sum(self.fen) + self.gap

    def begins(self, *prefixes: str) -> Bools:
        """Whether each class begins with one of the prefixes."""
        return np.array([item.startswith(prefixes) for item in self.class_of], dtype=np.bool_)

    def window_share(self, months: int, *prefixes: str) -> Floats:
        """The part of classes that begin so, by lines of a window up to 24 months."""
        flags = np.array([item.startswith(prefixes) for item in self.cells.item], dtype=np.bool_)
        sums = summed(self._by_age[:, :months])
        whole = segment_sum(self.cells.firm, self.firms, sums)
        found = segment_sum(self.cells.firm, self.firms, sums * flags)
        return ratio(found, whole) + self.gap


@derived
def invoice_lines(batch: Batch, invoice_sides: tuple[Side, Side]) -> tuple[Lines, Lines]:
    """Lines sold and lines bought."""
    rows, heads = batch.rows("invoice_line"), batch.rows("invoice")
    prefix = batch.measurement.item_class_digits
    head = rows.kept(("head",), lambda: _heads(rows, heads))
    cells = rows.kept(("item",), lambda: _cells(rows, prefix))

    age = np.full(len(heads) + 1, 2 * _AGES, dtype=np.int8)  # the last one answers for no invoice
    for side, later in zip(invoice_sides, (0, _AGES), strict=True):  # those bought come after all sold
        mine = (side.blue & (side.age < _AGES)).nonzero()[0]
        age[side.place[mine]] = side.age[mine] + later
    age = age[head]

    def of(first: int) -> Lines:
        keep = ((age >= first) & (age < first + _AGES)).nonzero()[0]
        return Lines(rows, batch.firms, keep, rows.firm[keep], age[keep].astype(np.int64) - first, cells)

    return of(0), of(_AGES)


def _heads(lines: Rows, invoices: Rows) -> Ints:
    """Where the invoice of each line stands, −1 where it is not known."""
    heads = pl.DataFrame({"key": invoices.hashed("invoice_key"), "place": np.arange(len(invoices))})
    wanted = pl.DataFrame({"key": lines.hashed("invoice_key")})
    found = wanted.join(heads.unique("key", keep="any"), on="key", how="left", maintain_order="left")
    return found.get_column("place").fill_null(-1).to_numpy()


def _cells(rows: Rows, prefix: int) -> Cells:
    """The cells of firm and item class, in that order."""
    texts, code = rows.encoded("tax_class")
    classes = sorted({text[:prefix] for text in texts})
    place = {item: at for at, item in enumerate(classes)}
    item = np.array([*(place[text[:prefix]] for text in texts), -1], dtype=np.int64)[code]
    width = max(len(classes), 1)
    told = (item >= 0).nonzero()[0]
    there, cell = distinct(rows.firm[told] * width + item[told], rows.firms * width)
    of_row = np.full(len(rows), -1, dtype=np.int64)
    of_row[told] = cell
    return Cells(there // width, [classes[at] for at in (there % width).tolist()], of_row)


def _goods(rows: Rows) -> Ints:
    """A code of firm, name, specification and unit of each line, −1 without a name."""
    code = rows.firm
    number = rows.firms
    for name in ("item_name", "specification", "unit"):
        texts, each = rows.encoded(name)
        if texts:
            there, code = distinct(code * (len(texts) + 1) + each + 1, number * (len(texts) + 1))
            number = len(there)
    return np.where(rows.codes("item_name") < 0, -1, code)


@derived
def lines_sold(invoice_lines: tuple[Lines, Lines]) -> Lines:
    return invoice_lines[0]


@derived
def lines_bought(invoice_lines: tuple[Lines, Lines]) -> Lines:
    return invoice_lines[1]


@derived
def price_spread(lines_sold: Lines, batch: Batch) -> Floats:
    """MAD over median of an item's unit price, weighted by amount over items sold on enough lines."""
    rows = lines_sold.rows
    year = (lines_sold.age < 12).nonzero()[0]
    place = lines_sold.place[year]
    price, good = rows.number("unit_price")[place], rows.kept(("good",), lambda: _goods(rows))[place]
    keep = ((price > 0.0) & (price < np.inf) & (lines_sold.amount[year] > 0.0) & (good >= 0)).nonzero()[0]
    size = np.bincount(good[keep], minlength=1)
    enough = size >= max(batch.measurement.least_prices, 1)
    keep = keep[enough[good[keep]]]
    kinds = enough.nonzero()[0]
    group = (np.add.accumulate(enough, dtype=np.int64) - 1)[good[keep]]
    price, keep = price[keep], year[keep]
    middle = _medians(price, group, size[kinds])
    spread = _medians(np.abs(price - middle[group]), group, size[kinds]) / middle
    fen = segment_sum(group, len(kinds), lines_sold.amount[keep])
    firm = np.zeros(len(kinds), dtype=np.int64)
    firm[group] = lines_sold.firm[keep]
    order = np.lexsort((spread, fen, firm))
    weight = segment_sum(firm, batch.firms, fen)
    total = segment_sum(firm[order], batch.firms, (fen * spread)[order])
    return ratio(total, weight)


def _medians(found: Floats, group: Ints, size: Ints) -> Floats:
    """The median of each group, given the groups' sizes."""
    order = np.argsort(found)
    small = group[order].astype(np.min_scalar_type(len(size)))  # 16 bits are sorted by radix
    ordered = found[order[np.argsort(small, kind="stable")]]
    start = np.cumsum(size) - size
    return cast(Floats, (ordered[start + (size - 1) // 2] + ordered[start + size // 2]) / 2)
