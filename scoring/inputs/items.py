"""Invoice lines of valid blue invoices: amounts by item class, and unit prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
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
    frame: pl.DataFrame
    """``item_name specification unit unit_price``, a row a line."""

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
    table = batch.rows("invoice_line")
    wanted = table.frame.select(
        "invoice_key", "item_name", "specification", "unit", "unit_price", "amount_fen", "tax_class"
    ).with_columns(firm=pl.Series(table.firm, dtype=pl.Int64))
    prefix = batch.measurement.item_class_digits

    def of(side: Side) -> Lines:
        keep = np.flatnonzero(side.blue & (side.age < _AGES))
        heads = pl.DataFrame(
            {
                "invoice_key": side.rows.frame.get_column("invoice_key").gather(side.place[keep]),
                "firm": side.firm[keep],
                "age": side.age[keep],
            }
        )
        frame = wanted.join(heads, on=["firm", "invoice_key"], how="inner", maintain_order="none")
        tax_class = frame.get_column("tax_class").str.slice(0, prefix)
        classes = tax_class.drop_nulls().unique().sort().to_list()
        item = tax_class.cast(pl.Enum(classes)).to_physical().cast(pl.Int64).fill_null(-1)
        return Lines(
            batch.firms,
            frame.get_column("firm").to_numpy(),
            frame.get_column("age").to_numpy(),
            frame.get_column("amount_fen").fill_null(0).to_numpy().astype(np.float64),
            item.to_numpy(),
            classes,
            frame,
        )

    return of(invoice_sides[0]), of(invoice_sides[1])


@derived
def lines_sold(invoice_lines: tuple[Lines, Lines]) -> Lines:
    return invoice_lines[0]


@derived
def lines_bought(invoice_lines: tuple[Lines, Lines]) -> Lines:
    return invoice_lines[1]


@derived
def price_spread(lines_sold: Lines, batch: Batch) -> Floats:
    """MAD over median of an item's unit price, weighted by amount over items sold on enough lines."""
    item = ["firm", "item_name", "specification", "unit"]
    price = pl.col("unit_price")
    spread = (
        lines_sold.frame.filter(
            (pl.col("age") < 12)
            & price.is_finite()
            & (price > 0)
            & (pl.col("amount_fen") > 0)
            & pl.col("item_name").is_not_null()
        )
        .filter(pl.len().over(item) >= batch.measurement.least_prices)
        .with_columns(middle=price.median().over(item))
        .group_by(item)
        .agg(
            pl.col("amount_fen").sum(),
            ((price - pl.col("middle")).abs().median() / pl.col("middle").first()).alias("spread"),
        )
        .sort("firm", "amount_fen", "spread")
    )
    firm, fen = spread.get_column("firm").to_numpy(), spread.get_column("amount_fen").to_numpy()
    weight = segment_sum(firm, batch.firms, fen)
    total = segment_sum(firm, batch.firms, fen * spread.get_column("spread").to_numpy())
    return np.where(weight <= 0, INSUFFICIENT, total / weight)
