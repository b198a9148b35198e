"""The key of an invoice within a snapshot."""

from __future__ import annotations

import polars as pl

_SAME = ["direction", "code", "number"]


def keyed(headers: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give both frames ``invoice_key`` in place of ``row``, which with ``page`` joins them.

    The key is ``direction:code:number:n``, where ``n`` counts rows with the same numbers from 1, in their
    order: real registers repeat numbers. The same register gives the same keys again.
    """
    with_key = headers.with_columns(_key(pl.lit(1)))
    if with_key["invoice_key"].n_unique() < headers.height:
        with_key = headers.with_columns(_key(pl.int_range(1, pl.len() + 1).over(_SAME)))
    keys = with_key.select("page", "row", "invoice_key")
    joined = lines.join(keys, on=["page", "row"], how="left", maintain_order="left")
    return with_key.drop("row"), joined.drop("row")


def _key(nth: pl.Expr) -> pl.Expr:
    direction, code = (pl.col(name).fill_null("") for name in ("direction", "code"))
    return pl.format("{}:{}:{}:{}", direction, code, "number", nth).alias("invoice_key")
