"""Invoice lines of the last twelve months: amounts by item class, and unit prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from schema.dataset import Missing
from scoring.inputs.invoices import Side
from scoring.value import Absent

MONTHS = 12


@dataclass(frozen=True, eq=False)
class Items:
    """Lines of valid blue invoices of the last 12 months."""

    issued: pl.DataFrame
    received: pl.DataFrame
    prefix: int
    """Leading digits of the tax class (税收分类编码) that make an item class."""

    @cached_property
    def sold(self) -> dict[str, float]:
        """Fen of sales by item class."""
        return self._by_class(self.issued)

    @cached_property
    def bought(self) -> dict[str, float]:
        """Fen of purchases by item class."""
        return self._by_class(self.received)

    def _by_class(self, lines: pl.DataFrame) -> dict[str, float]:
        if len(lines) and lines["tax_class"].null_count() == len(lines):
            raise Absent(Missing.NOT_AVAILABLE)
        sums = (
            lines.filter(pl.col("tax_class").is_not_null())
            .group_by(pl.col("tax_class").str.slice(0, self.prefix))
            .agg(pl.col("amount_fen").sum())
            .filter(pl.col("amount_fen") > 0)
            .sort("tax_class")
        )
        if sums.is_empty():
            raise Absent(Missing.INSUFFICIENT)
        return {item: float(amount) for item, amount in sums.iter_rows()}

    def price_spread(self, at_least: int) -> list[tuple[float, float]]:
        """Amount and MAD/median of unit price, an item sold on ``at_least`` lines each, in a stable order."""
        item = ["item_name", "specification", "unit"]
        price = pl.col("unit_price")
        spread = (
            self.issued.filter((price > 0) & (pl.col("amount_fen") > 0) & pl.col("item_name").is_not_null())
            .filter(pl.len().over(item) >= at_least)
            .with_columns(middle=price.median().over(item))
            .group_by(item)
            .agg(
                pl.col("amount_fen").sum(),
                ((price - pl.col("middle")).abs().median() / pl.col("middle").first()).alias("spread"),
            )
            .sort("amount_fen", "spread")
        )
        return [(float(amount), value) for amount, value in spread.select("amount_fen", "spread").iter_rows()]


def items(lines: pl.DataFrame, issued: Side, received: Side, prefix: int) -> Items:
    """The lines of both directions that join to a valid blue invoice of the last 12 months."""
    wanted = lines.select(
        "invoice_key", "item_name", "specification", "unit", "tax_class", "unit_price", "amount_fen"
    )

    def of(side: Side) -> pl.DataFrame:
        keys = side.frame.filter(pl.Series(side.window(side.blue, MONTHS)))["invoice_key"]
        return wanted.join(keys.to_frame(), on="invoice_key", how="semi")

    return Items(of(issued), of(received), prefix)
