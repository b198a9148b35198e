"""What was sold against what was bought, by tax class (税收分类编码)."""

from __future__ import annotations

import polars as pl

from normalizers.reconciliation.books import Books
from normalizers.reconciliation.check import Absent, Check, Compared
from schema.dataset import Dataset, Missing
from schema.snapshot import Severity

GOODS = "1"
"""Codes of goods begin with 1; services, intangibles and real estate need no purchase of the like."""
DIGITS = 3
"""A class of goods is chapter and section, e.g. 107 (chemicals, metals)."""
MAKERS = tuple(f"{division}" for division in range(13, 44))
"""Divisions of GB/T 4754 that make what they sell: 制造业. They buy other classes than they sell."""
FACTOR = 3
LEAST_SHARE = 0.1
"""Classes below a tenth of the goods sold are left alone: a van, old stock, a sample."""


def classes(books: Books) -> Compared | Absent:
    """Goods sold against goods bought of the same class, by value without tax. Of makers nothing is asked."""
    if any(code.lstrip("C").startswith(MAKERS) for code in books.industries):
        return Absent(Missing.NOT_APPLICABLE, "taxpayer")
    standing = books.tables["invoice"].filter(pl.col("state") != "void").select("invoice_key", "direction")
    value = pl.col("amount_fen")
    rows = (
        books.tables["invoice_line"]
        .filter(pl.col("tax_class").str.starts_with(GOODS))
        .join(standing, on="invoice_key")
        .group_by(pl.col("tax_class").str.slice(0, DIGITS))
        .agg(
            value.filter(pl.col("direction") == "out").sum().alias("left_fen"),
            value.filter(pl.col("direction") == "in").sum().alias("right_fen"),
        )
        .sort("tax_class")
    )
    sold, bought = pl.col("left_fen"), pl.col("right_fen")
    if not rows.filter(sold > 0).height:
        return Absent(Missing.NOT_APPLICABLE, "invoice_line")
    much = sold > LEAST_SHARE * sold.clip(lower_bound=0).sum()
    return Compared(rows.with_columns((much & (sold > FACTOR * bought)).alias("differs")), f"{FACTOR} ×")


CHECKS = (
    Check(
        "goods_unexplained",
        "销售的货物有同类购进",
        "Goods sold were bought",
        ("该类货物销售额", "sold of a class"),
        ("该类货物购进额", "bought of it"),
        Dataset.INVOICE,
        Severity.WARNING,
        ("invoice", "invoice_line"),
        classes,
    ),
)
