"""Invoices that were read twice: of two readings of the same days, the newer one stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from normalizers.invoicekey import keyed

Before = Mapping[str, date]
"""By raw reference: the day from which a page's rows no longer count, as a newer reading has those days."""


def cut(tables: dict[str, pl.DataFrame], before: Before) -> dict[str, pl.DataFrame]:
    """``invoice`` and ``invoice_line`` without the rows that are read anew elsewhere, and keyed as if what is
    left had been read at once."""
    ends = pl.DataFrame(
        {"raw_ref": list(before), "before": list(before.values())},
        schema={"raw_ref": pl.String, "before": pl.Date},
    )
    outdated = (pl.col("issued_at").dt.date() >= pl.col("before")).fill_null(value=False)
    kept = (
        tables["invoice"]
        .join(ends, on="raw_ref", how="left", maintain_order="left")
        .filter(~outdated)
        .drop("before")
    )
    lines = tables["invoice_line"].join(kept, on="invoice_key", how="semi", maintain_order="left")
    headers, items = (
        frame.rename({"invoice_key": "row"}).with_columns(pl.lit(0).alias("page")) for frame in (kept, lines)
    )
    rekeyed = keyed(headers, items)
    return {
        name: frame.select(tables[name].columns)
        for name, frame in zip(("invoice", "invoice_line"), rekeyed, strict=True)
    }
