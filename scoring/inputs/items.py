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
from scoring.series import segment_sum
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Bools, Floats, Ints

_AGES = 24


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of one direction of the last 24 months, and their item classes: the leading digits of the
    tax class (税收分类编码), −1 where it is not told."""

    firms: int
    firm: Ints
    age: Ints
    amount: Floats
    item: Ints
    classes: list[str]
    price: Floats
    """Unit price, yuan."""
    good: Ints
    """A code of name, specification and unit, −1 without a name."""

    def by_class(self, months: int) -> tuple[Ints, list[str], Floats]:
        """Firm, class and fen of each class with a positive amount in a window."""
        width = max(len(self.classes), 1)
        keep = np.flatnonzero((self.item >= 0) & (self.age < months))
        cell = self.firm[keep] * width + self.item[keep]
        sums = segment_sum(cell, self.firms * width, self.amount[keep])
        positive = np.flatnonzero(sums > 0)
        return (
            positive // width,
            [self.classes[item] for item in (positive % width).tolist()],
            sums[positive],
        )

    @cached_property
    def _cells(self) -> tuple[Ints, list[str], Floats]:
        return self.by_class(12)

    @property
    def firm_of(self) -> Ints:
        return self._cells[0]

    @property
    def class_of(self) -> list[str]:
        return self._cells[1]

    @property
    def fen(self) -> Floats:
        return self._cells[2]

    @cached_property
    def gap(self) -> Floats:
        """0 where classes are known, else why not: ``NOT_AVAILABLE`` when lines tell none, ``INSUFFICIENT``
        without a line."""
        lines = segment_sum(self.firm[self.age < 12], self.firms)
        found = segment_sum(self.firm_of, self.firms)
        told = segment_sum(self.firm[(self.age < 12) & (self.item >= 0)], self.firms)
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
        flags = np.array([item.startswith(prefixes) for item in self.classes] + [False], dtype=np.bool_)
        keep = (self.age < months) & (self.item >= 0)
        whole = segment_sum(self.firm[keep], self.firms, self.amount[keep])
        part = keep & flags[self.item]
        found = segment_sum(self.firm[part], self.firms, self.amount[part])
        return np.where(whole <= 0, INSUFFICIENT, found / whole) + self.gap


@derived
def invoice_lines(batch: Batch, invoice_sides: tuple[Side, Side]) -> tuple[Lines, Lines]:
    """Lines sold and lines bought."""
    rows, heads = batch.rows("invoice_line"), batch.rows("invoice")
    prefix = batch.measurement.item_class_digits
    head = rows.kept(("head",), lambda: _heads(rows, heads))
    classes, item = rows.kept(("item",), lambda: _classes(rows, prefix))
    amount, price = rows.amount("amount_fen"), rows.number("unit_price")
    good = rows.kept(("good",), lambda: _goods(rows))

    def of(side: Side) -> Lines:
        age = np.full(len(heads) + 1, _AGES, dtype=np.int64)  # the last one answers for no invoice
        mine = np.flatnonzero(side.blue & (side.age < _AGES))
        age[side.place[mine]] = side.age[mine]
        keep = np.flatnonzero(age[head] < _AGES)
        return Lines(
            batch.firms,
            rows.firm[keep],
            age[head[keep]],
            amount[keep],
            item[keep],
            classes,
            price[keep],
            good[keep],
        )

    return of(invoice_sides[0]), of(invoice_sides[1])


def _heads(lines: Rows, invoices: Rows) -> Ints:
    """Where the invoice of each line stands, −1 where it is not known."""
    heads = pl.DataFrame({"key": invoices.hashed("invoice_key"), "place": np.arange(len(invoices))})
    wanted = pl.DataFrame({"key": lines.hashed("invoice_key")})
    found = wanted.join(heads.unique("key", keep="any"), on="key", how="left", maintain_order="left")
    return found.get_column("place").fill_null(-1).to_numpy()


def _classes(rows: Rows, prefix: int) -> tuple[list[str], Ints]:
    """The item classes in their order, and that of each line, −1 where it is not told."""
    texts, code = rows.encoded("tax_class")
    classes = sorted({text[:prefix] for text in texts})
    place = {item: at for at, item in enumerate(classes)}
    return classes, np.array([*(place[text[:prefix]] for text in texts), -1], dtype=np.int64)[code]


def _goods(rows: Rows) -> Ints:
    """A code of firm, name, specification and unit of each line, −1 without a name."""
    code = rows.firm
    for name in ("item_name", "specification", "unit"):
        texts, each = rows.encoded(name)
        code = code * (len(texts) + 1) + each + 1
        code = np.unique(code, return_inverse=True)[1]
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
    price, good = lines_sold.price, lines_sold.good
    keep = np.flatnonzero(
        (lines_sold.age < 12) & np.isfinite(price) & (price > 0) & (lines_sold.amount > 0) & (good >= 0)
    )
    size = np.bincount(good[keep], minlength=1)
    keep = keep[(size >= batch.measurement.least_prices)[good[keep]]]
    size = np.bincount(good[keep], minlength=1)
    kinds = np.flatnonzero(size)
    group = (np.cumsum(size > 0) - 1)[good[keep]]
    price = price[keep]
    middle = _medians(price, group, size[kinds])
    spread = _medians(np.abs(price - middle[group]), group, size[kinds]) / middle
    fen = segment_sum(group, len(kinds), lines_sold.amount[keep])
    firm = np.zeros(len(kinds), dtype=np.int64)
    firm[group] = lines_sold.firm[keep]
    order = np.lexsort((spread, fen, firm))
    weight = segment_sum(firm, batch.firms, fen)
    total = segment_sum(firm[order], batch.firms, (fen * spread)[order])
    return np.where(weight <= 0, INSUFFICIENT, total / weight)


def _medians(found: Floats, group: Ints, size: Ints) -> Floats:
    """The median of each group, given the groups' sizes."""
    order = np.argsort(found)
    small = group[order].astype(np.min_scalar_type(len(size)))  # 16 bits are sorted by radix
    ordered = found[order[np.argsort(small, kind="stable")]]
    start = np.cumsum(size) - size
    return cast(Floats, (ordered[start + (size - 1) // 2] + ordered[start + size // 2]) / 2)
