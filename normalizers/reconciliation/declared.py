"""Invoices against returns, returns against payments, returns against the income statement.

A return is compared with the invoices issued in its period, where the period lies wholly within the months
that the invoices cover. Blue and red invoices count, void ones do not.
"""

from __future__ import annotations

import polars as pl

from normalizers.reconciliation.books import Books
from normalizers.reconciliation.check import Absent, Check, Compared, apart
from schema.dataset import Dataset, Missing
from schema.snapshot import Severity

SHARE = 0.01
"""Rounding, timing around midnight, and corrections of a filing are within one percent."""
LEAST_FEN = 100_00
PAID_FEN = 1_00
REVENUE_SHARE = 0.05
"""Accounting revenue and taxable sales differ in time and scope (视同销售, 未开票收入)."""


def sales(books: Books) -> Compared | Absent:
    """Sales invoiced in a period against the sales declared for it. Sales without an invoice (未开票收入) are
    declared too, so only invoices in excess of the declaration differ."""
    return _against_invoices(books, "sales", pl.col("direction") == "out", "amount_fen", "invoiced")


def output_tax(books: Books) -> Compared | Absent:
    """销项税额: the tax on invoices issued, against line 11."""
    return _against_invoices(books, "output_tax", pl.col("direction") == "out", "tax_fen", "invoiced")


def input_tax(books: Books) -> Compared | Absent:
    """进项税额: line 12 against the tax on special invoices received. A taxpayer chooses when to deduct, so
    sums since the first period are compared."""
    received = (pl.col("direction") == "in") & pl.col("special")
    return _against_invoices(books, "input_tax", received, "tax_fen", "declared")


def paid(books: Books) -> Compared | Absent:
    """应补(退)税额 of each VAT return against what was paid for its period, late fees and fines apart."""
    returns = books.returns.drop_nulls("due")
    if returns.is_empty():
        return _NO_RETURN
    payments = (
        books.tables["tax_payment"]
        .filter((pl.col("category") == "vat") & (pl.col("nature") == "tax"))
        .group_by("period_start", "period_end")
        .agg(pl.col("amount_fen").sum().alias("right_fen"))
    )
    rows = returns.join(payments, on=["period_start", "period_end"], how="left").with_columns(
        pl.col("due").clip(lower_bound=0).alias("left_fen"), pl.col("right_fen").fill_null(0)
    )
    wrong = apart(pl.col("left_fen"), pl.col("right_fen"), fen=PAID_FEN)
    return Compared(_shown(rows, wrong), "1.00")


def revenue(books: Books) -> Compared | Absent:
    """营业收入 of a year's income statement against the VAT sales declared for its twelve months."""
    year = pl.col("period_end").dt.year()
    stated = (
        books.tables["financial_statement"]
        .filter(
            (pl.col("statement") == "income")
            & (pl.col("item") == "revenue")
            & (pl.col("period_end").dt.month() == 12)
        )
        .sort("event_date", nulls_last=False)
        .group_by(year.alias("year"))
        .agg(pl.col("amount_fen").last().alias("left_fen"))
    )
    months = (pl.col("period_end").dt.month() - pl.col("period_start").dt.month() + 1).sum()
    filed = (
        books.returns.group_by(year.alias("year"))
        .agg(pl.col("sales").sum().alias("right_fen"), months.alias("months"))
        .filter(pl.col("months") == 12)
    )
    rows = stated.join(filed, on="year")
    if rows.is_empty():
        return Absent(Missing.INSUFFICIENT, "financial_statement")
    wrong = apart(pl.col("left_fen"), pl.col("right_fen"), share=REVENUE_SHARE, fen=LEAST_FEN)
    return Compared(rows.select("year", "left_fen", "right_fen", wrong.alias("differs")), "5%")


def _against_invoices(
    books: Books, series: str, which: pl.Expr, figure: str, excess: str
) -> Compared | Absent:
    """A series of the returns against the figure of the invoices ``which`` in the same periods. ``excess`` is
    the side that must not be larger."""
    returns = books.returns.drop_nulls(series)
    if returns.is_empty():
        return _NO_RETURN
    days = books.days.filter(which)
    covered = _covered(returns, books.days)
    if covered.is_empty() or days.is_empty():
        return Absent(Missing.INSUFFICIENT, "invoice")
    invoiced = (
        days.join_asof(covered.select("period_start", "period_end"), left_on="day", right_on="period_start")
        .filter(pl.col("day") <= pl.col("period_end"))
        .group_by("period_start")
        .agg(pl.col(figure).sum().alias("left_fen"))
    )
    rows = covered.join(invoiced, on="period_start", how="left").with_columns(
        pl.col("left_fen").fill_null(0), pl.col(series).alias("right_fen")
    )
    left, right = pl.col("left_fen"), pl.col("right_fen")
    if excess == "declared":
        rows = rows.sort("period_start").with_columns(left.cum_sum(), right.cum_sum())
    more = left > right if excess == "invoiced" else right > left
    return Compared(_shown(rows, more & apart(left, right, share=SHARE, fen=LEAST_FEN)), "1%, 100.00")


def _covered(returns: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The returns whose periods lie within the months from the first invoice to the last."""
    if days.is_empty():
        return returns.clear()
    begun = pl.col("period_start") >= pl.lit(days["day"][0]).dt.month_start()
    return returns.filter(begun & (pl.col("period_end") <= pl.lit(days["day"][-1]).dt.month_end()))


def _shown(rows: pl.DataFrame, wrong: pl.Expr) -> pl.DataFrame:
    named = ("period_start", "period_end", "return_id", "raw_ref", "pointer")
    return rows.select(*named, "left_fen", "right_fen", wrong.alias("differs"))


_NO_RETURN = Absent(Missing.NOT_APPLICABLE, "tax_return_line")
_RETURNS = ("tax_return", "tax_return_line")

CHECKS = (
    Check(
        "sales_differ",
        "开票销售额不超过申报销售额",
        "Invoiced sales are declared",
        ("开票销售额", "invoiced"),
        ("申报销售额", "declared"),
        Dataset.TAX_RETURN,
        Severity.WARNING,
        (*_RETURNS, "invoice"),
        sales,
    ),
    Check(
        "output_tax_differs",
        "开票税额不超过申报销项税额",
        "Output tax on invoices is declared",
        ("开票税额", "tax invoiced"),
        ("销项税额", "output tax declared"),
        Dataset.TAX_RETURN,
        Severity.WARNING,
        (*_RETURNS, "invoice"),
        output_tax,
    ),
    Check(
        "input_tax_differs",
        "申报进项税额有专用发票支持",
        "Input tax declared is covered by special invoices",
        ("取得专票税额（累计）", "tax on special invoices, cumulative"),
        ("进项税额（累计）", "input tax declared, cumulative"),
        Dataset.TAX_RETURN,
        Severity.INFO,
        (*_RETURNS, "invoice"),
        input_tax,
    ),
    Check(
        "paid_differs",
        "应补税额已缴纳",
        "VAT due was paid",
        ("应补(退)税额", "due"),
        ("已缴税额", "paid"),
        Dataset.TAX_PAYMENT,
        Severity.WARNING,
        (*_RETURNS, "tax_payment"),
        paid,
    ),
    Check(
        "revenue_differs",
        "利润表营业收入与增值税申报销售额一致",
        "Revenue in the accounts agrees with VAT sales",
        ("营业收入", "revenue"),
        ("申报销售额", "declared"),
        Dataset.FINANCIAL_STATEMENT,
        Severity.WARNING,
        (*_RETURNS, "financial_statement"),
        revenue,
    ),
)
