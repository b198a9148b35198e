"""红冲: which blue invoice each red one offsets, and what is left of the blue.

A red invoice that names its blue one is matched by number, and by code where that is told. One that names
none is matched to a blue one of the same two parties and the opposite amounts, issued before: that is a
guess, and is marked as one. Void invoices offset nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from schema.dataset import Dataset
from schema.snapshot import Finding, Severity

BY_NUMBER, BY_GUESS = "number", "guess"
CODES = frozenset({"red_guessed", "red_unmatched", "red_over"})
"""Of the findings: they are of all invoices together, so those of a part of them are out of date."""
_COLUMNS = (
    "invoice_key",
    "direction",
    "code",
    "number",
    "seller_id",
    "buyer_id",
    "issued_at",
    "total_fen",
    "tax_fen",
)
_SCHEMA = {"red_key": pl.String, "blue_key": pl.String, "how": pl.String, "total_fen": pl.Int64}


def offsets(invoice: pl.DataFrame) -> pl.DataFrame:
    """``red_key``, ``blue_key``, ``how`` and ``total_fen`` of the red one (negative): a row each red one, in
    their order. Where no blue one is known, it and ``how`` are null."""
    valid = invoice.filter(pl.col("state") == "valid")
    reds = valid.filter(pl.col("total_fen") < 0)
    if reds.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    blues = valid.filter(pl.col("total_fen") > 0).select(*_COLUMNS)
    named = _by_number(reds, blues)
    spent = named.group_by("blue_key").agg(pl.col("total_fen").sum().alias("spent"))
    left = blues.join(spent, left_on="invoice_key", right_on="blue_key", how="left").filter(
        pl.col("spent").is_null()
    )
    guessed = _by_parties(reds.join(named, left_on="invoice_key", right_on="red_key", how="anti"), left)
    matched = pl.concat([named.select("red_key", "blue_key", "how"), guessed])
    return (
        reds.select(pl.col("invoice_key").alias("red_key"), "total_fen")
        .join(matched, on="red_key", how="left", maintain_order="left")
        .select(*_SCHEMA)
    )


def reddened(invoice: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """The invoices with ``reddened`` of the blue ones that a red one names; what the source says stands,
    unless the red ones that are here take back the whole.

    Findings tell how many red invoices were matched by guess, match none, or take back more than there was.
    """
    matched = offsets(invoice)
    if matched.is_empty():
        return invoice, []
    named = matched.filter(pl.col("how") == BY_NUMBER)
    taken = named.group_by(invoice_key="blue_key").agg(taken=pl.col("total_fen").sum())
    joined = invoice.join(taken, on="invoice_key", how="left", maintain_order="left")
    rest = pl.col("total_fen") + pl.col("taken")
    filled = joined.with_columns(
        pl.when(rest <= 0)
        .then(pl.lit("full"))
        .otherwise(pl.coalesce("reddened", pl.when(rest > 0).then(pl.lit("part"))))
        .alias("reddened")
    )
    return filled.select(invoice.columns), list(_noticed(matched, joined.filter(rest < 0).height))


def _by_number(reds: pl.DataFrame, blues: pl.DataFrame) -> pl.DataFrame:
    """Numbers repeat in real registers: of several, the one of the same parties, then the latest before."""
    found = reds.filter(pl.col("original_number").is_not_null()).join(
        blues,
        left_on=["direction", "original_number"],
        right_on=["direction", "number"],
        suffix="_blue",
        nulls_equal=True,
    )
    same_code = pl.col("original_code").is_null() | (pl.col("original_code") == pl.col("code_blue"))
    same = (pl.col("seller_id") == pl.col("seller_id_blue")) & (pl.col("buyer_id") == pl.col("buyer_id_blue"))
    return (
        found.filter(same_code.fill_null(value=False))
        .sort(same.fill_null(value=False), "issued_at_blue", descending=True, maintain_order=True)
        .unique("invoice_key", keep="first", maintain_order=True)
        .select(
            pl.col("invoice_key").alias("red_key"),
            pl.col("invoice_key_blue").alias("blue_key"),
            pl.lit(BY_NUMBER).alias("how"),
            "total_fen",
        )
    )


def _by_parties(reds: pl.DataFrame, blues: pl.DataFrame) -> pl.DataFrame:
    """The nth red invoice of two parties and amounts with the nth blue one, if that was issued before."""
    pair = ["direction", "seller_id", "buyer_id", "size", "tax"]
    unnamed, sized = (
        frame.with_columns(pl.col("total_fen").abs().alias("size"), pl.col("tax_fen").abs().alias("tax"))
        for frame in (reds.filter(pl.col("original_number").is_null()), blues)
    )
    near = sized.join(unnamed.select(pair), on=pair, how="semi")
    red, blue = (
        frame.sort("issued_at", maintain_order=True).with_columns(
            pl.int_range(pl.len()).over(pair).alias("nth")
        )
        for frame in (unnamed, near)
    )
    found = red.join(blue, on=[*pair, "nth"], suffix="_blue")
    return found.filter(pl.col("issued_at_blue") <= pl.col("issued_at")).select(
        pl.col("invoice_key").alias("red_key"),
        pl.col("invoice_key_blue").alias("blue_key"),
        pl.lit(BY_GUESS).alias("how"),
    )


def _noticed(matched: pl.DataFrame, over: int) -> Iterator[Finding]:
    counts = {
        "red_guessed": (matched.filter(pl.col("how") == BY_GUESS).height, "matched by parties and amounts"),
        "red_unmatched": (matched["blue_key"].null_count(), "whose blue invoice is not here"),
        "red_over": (over, "blue invoices offset by more than their total"),
    }
    for code, (number, what) in counts.items():
        if number:
            severity = Severity.WARNING if code == "red_over" else Severity.INFO
            yield Finding(
                code, severity, Dataset.INVOICE, f"{number} of {matched.height} red invoices: {what}"
            )
