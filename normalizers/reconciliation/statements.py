"""Balances: a balance sheet against itself, an account's balances against its movements."""

from __future__ import annotations

import polars as pl

from normalizers.reconciliation.books import Books
from normalizers.reconciliation.check import Absent, Check, Compared, apart
from schema.dataset import Dataset, Missing
from schema.snapshot import Severity

LEAST_FEN = 1_00


def sheet(books: Books) -> Compared | Absent:
    """资产 = 负债 + 所有者权益, each balance sheet."""
    items = ("assets", "liabilities", "equity")
    totals = (
        books.tables["financial_statement"]
        .filter((pl.col("statement") == "balance_sheet") & pl.col("item").is_in(items))
        .group_by("period_end")
        .agg(
            *(pl.col("amount_fen").filter(pl.col("item") == item).last().alias(item) for item in items),
            pl.col("raw_ref").last(),
        )
        .drop_nulls(list(items))
    )
    if totals.is_empty():
        return Absent(Missing.INSUFFICIENT, "financial_statement")
    left, right = pl.col("assets"), pl.col("liabilities") + pl.col("equity")
    rows = totals.select(
        "period_end",
        "raw_ref",
        left.alias("left_fen"),
        right.alias("right_fen"),
        apart(left, right, fen=LEAST_FEN).alias("differs"),
    )
    return Compared(rows, "1.00")


def balances(books: Books) -> Compared | Absent:
    """The balance after a movement is the balance before it, plus what came in or less what went out: account
    by account, in the order of the statement."""
    moved = pl.when(pl.col("direction") == "in").then(pl.col("amount_fen")).otherwise(-pl.col("amount_fen"))
    before = pl.col("balance_fen").shift(1).over("account_id")
    rows = (
        books.tables["bank_transaction"]
        .with_columns((before + moved).alias("left_fen"), pl.col("balance_fen").alias("right_fen"))
        .drop_nulls(["left_fen", "right_fen"])
    )
    if rows.is_empty():
        return Absent(Missing.INSUFFICIENT, "bank_transaction")
    left, right = pl.col("left_fen"), pl.col("right_fen")
    return Compared(
        rows.select("event_date", "raw_ref", "pointer", left, right, (left != right).alias("differs")), "0.00"
    )


CHECKS = (
    Check(
        "sheet_unbalanced",
        "资产等于负债加所有者权益",
        "Assets equal liabilities and equity",
        ("资产总计", "assets"),
        ("负债和所有者权益", "liabilities + equity"),
        Dataset.FINANCIAL_STATEMENT,
        Severity.WARNING,
        ("financial_statement",),
        sheet,
    ),
    Check(
        "balances_break",
        "账户余额逐笔连续",
        "Bank balances follow from their movements",
        ("上笔余额加减发生额", "balance before ± movement"),
        ("本笔余额", "balance after"),
        Dataset.BANK_TRANSACTION,
        Severity.WARNING,
        ("bank_transaction",),
        balances,
    ),
)
