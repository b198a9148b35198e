"""A snapshot as the checks read it: what several of them need is worked out once."""

from __future__ import annotations

from functools import cached_property

import polars as pl

from schema.dataset import Missing
from schema.snapshot import Snapshot
from schema.taxforms import VAT_SERIES

_SERIES = sorted({series for form in VAT_SERIES.values() for series in form})
_LINES = pl.DataFrame(
    [
        (form, line, name)
        for form, series in VAT_SERIES.items()
        for name, lines in series.items()
        for line in lines
    ],
    schema=["form", "line", "series"],
    orient="row",
)


class Books:
    """One snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.tables = snapshot.tables
        self._missing = snapshot.missing

    def lack(self, *names: str) -> tuple[Missing, str] | None:
        """None when all of these tables are there and have rows, else why not, and which."""
        for name in names:
            if name not in self.tables:
                reasons = [why for dataset, why in self._missing.items() if name.startswith(dataset.value)]
                return (reasons or [Missing.NOT_AVAILABLE])[0], name
            if self.tables[name].is_empty():
                return Missing.INSUFFICIENT, name
        return None

    @property
    def industries(self) -> list[str]:
        """The taxpayer's industry code (GB/T 4754), if it is told."""
        master = self.tables.get("taxpayer")
        return [] if master is None else master["industry_code"].drop_nulls().to_list()

    @cached_property
    def returns(self) -> pl.DataFrame:
        """The VAT returns that stand, one a period, oldest first: ``return_id, period_start, period_end,
        raw_ref, pointer`` and a column of fen for each series of ``VAT_SERIES``, null where the form has
        none."""
        filed = self.tables["tax_return"].filter(pl.col("form").is_in(list(VAT_SERIES)))
        corrected = filed["corrects"].drop_nulls().implode()
        standing = (
            filed.filter(~pl.col("return_id").is_in(corrected))
            .drop_nulls(["period_start", "period_end"])
            .sort("event_date", nulls_last=False)
            .unique(["form", "period_start", "period_end"], keep="last")
            .select("return_id", "form", "period_start", "period_end", "raw_ref", "pointer")
        )
        series = pl.col("series")
        figures = (
            self.tables["tax_return_line"]
            .filter(pl.col("column") == "current")
            .join(standing.select("return_id", "form"), on="return_id")
            .join(_LINES, on=["form", "line"])
            .group_by("return_id")
            .agg(_sum_or_null(pl.col("amount_fen").filter(series == name)).alias(name) for name in _SERIES)
        )
        return standing.join(figures, on="return_id").sort("period_start")

    @cached_property
    def days(self) -> pl.DataFrame:
        """Invoices that stand, summed by day: ``day, direction, special, amount_fen, tax_fen``, by day. Blue
        and red ones count, void ones do not."""
        return (
            self.tables["invoice"]
            .filter(pl.col("state") != "void")
            .group_by(
                pl.col("issued_at").dt.date().alias("day"),
                "direction",
                (pl.col("kind") == "special").alias("special"),
            )
            .agg(pl.col("amount_fen").sum(), pl.col("tax_fen").sum())
            .drop_nulls("day")
            .sort("day")
        )


def _sum_or_null(figures: pl.Expr) -> pl.Expr:
    return pl.when(figures.len() > 0).then(figures.sum())
