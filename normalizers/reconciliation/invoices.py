"""Invoices against themselves: header, lines, totals, repetition, and what another source tells of them."""

from __future__ import annotations

import polars as pl

from normalizers.reconciliation.books import Books
from normalizers.reconciliation.check import Absent, Check, Compared
from schema.dataset import Dataset, Missing
from schema.snapshot import Severity
from schema.tables import PROVENANCE, TABLES

_SAME = [name for name in TABLES["invoice"] if name != "invoice_key" and name not in PROVENANCE]
"""Two rows that agree in all of these are exact duplicates."""
_NAMED = ("invoice_key", "number", "raw_ref", "pointer")


def totals(books: Books) -> Compared | Absent:
    """金额 + 税额 = 价税合计, to the fen."""
    left, right = pl.col("amount_fen") + pl.col("tax_fen"), pl.col("total_fen")
    rows = books.tables["invoice"].drop_nulls(["amount_fen", "tax_fen", "total_fen"])
    return Compared(
        rows.select(
            *_NAMED, left.alias("left_fen"), right.alias("right_fen"), (left != right).alias("differs")
        ),
        "0.00",
    )


def lines(books: Books) -> Compared | Absent:
    """Amounts and taxes of the lines against the header's. Each printed tax is rounded to the fen by itself,
    so half a fen a line is nothing; of invoices without lines nothing is asked."""
    sums = (
        books.tables["invoice_line"]
        .group_by("invoice_key")
        .agg(
            (pl.col("amount_fen").sum() + pl.col("tax_fen").fill_null(0).sum()).alias("left_fen"),
            pl.col("amount_fen").sum().alias("net"),
            pl.len().alias("lines"),
        )
    )
    right = pl.col("amount_fen") + pl.col("tax_fen").fill_null(0)
    rows = books.tables["invoice"].join(sums, on="invoice_key").with_columns(right.alias("right_fen"))
    wrong = (pl.col("net") != pl.col("amount_fen")) | (
        (pl.col("left_fen") - pl.col("right_fen")).abs() * 2 > pl.col("lines")
    )
    return Compared(rows.select(*_NAMED, "left_fen", "right_fen", wrong.alias("differs")), "0.005 a line")


def repeated(books: Books) -> Compared | Absent:
    """Rows that are equal to an earlier one in everything but where they stand."""
    numbered = pl.struct("direction", "code", "number").is_duplicated()
    candidates = books.tables["invoice"].select(*_SAME, "invoice_key").filter(numbered)
    again = candidates.filter(~pl.struct(_SAME).is_first_distinct())["invoice_key"].implode()
    rows = books.tables["invoice"].with_columns(pl.col("invoice_key").is_in(again).alias("differs"))
    once = pl.when("differs").then(0).otherwise(pl.col("total_fen"))
    return Compared(
        rows.select(*_NAMED, pl.col("total_fen").alias("left_fen"), once.alias("right_fen"), "differs"),
        "none",
    )


def sources(books: Books) -> Compared | Absent:
    """Each invoice that a second source tells too, as that source tells it."""
    if (again := books.tables.get("invoice_repeat")) is None or again.is_empty():
        return Absent(Missing.NOT_APPLICABLE, "invoice_repeat")
    kept = books.tables["invoice"].select(
        "invoice_key", "number", pl.col("total_fen").alias("left_fen"), pl.col("parser").alias("kept")
    )
    rows = again.join(kept, on="invoice_key", maintain_order="left").select(
        "number",
        pl.col("differs").alias("columns"),
        "kept",
        pl.col("parser").alias("other"),
        "raw_ref",
        "pointer",
        "left_fen",
        pl.col("total_fen").alias("right_fen"),
        pl.col("differs").is_not_null(),
    )
    return Compared(rows, "0.00")


CHECKS = (
    Check(
        "total_differs",
        "金额与税额之和等于价税合计",
        "Amount and tax add up to the total",
        ("金额＋税额", "amount + tax"),
        ("价税合计", "total"),
        Dataset.INVOICE,
        Severity.WARNING,
        ("invoice",),
        totals,
    ),
    Check(
        "lines_differ",
        "发票明细合计等于票面",
        "Lines add up to their invoice",
        ("明细合计", "lines"),
        ("票面", "header"),
        Dataset.INVOICE,
        Severity.WARNING,
        ("invoice", "invoice_line"),
        lines,
    ),
    Check(
        "duplicate_rows",
        "没有重复的发票",
        "No invoice is there twice",
        ("全部", "all rows"),
        ("去重后", "distinct rows"),
        Dataset.INVOICE,
        Severity.WARNING,
        ("invoice",),
        repeated,
    ),
    Check(
        "source_conflict",
        "各来源的同一发票一致",
        "Sources tell the same of an invoice",
        ("采用的来源", "the source that counts"),
        ("另一来源", "the other source"),
        Dataset.INVOICE,
        Severity.WARNING,
        ("invoice",),
        sources,
    ),
)
