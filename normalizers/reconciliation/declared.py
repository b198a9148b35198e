"""Invoices against returns, returns against payments, returns against the income statement.

A return is compared with the invoices issued in its period, where the period lies wholly within the months
that the invoices cover. Blue and red invoices count, void ones do not.
"""

from __future__ import annotations

import polars as pl

from normalizers.reconciliation.check import Absent, Check, Compared, apart, held
from schema.dataset import Dataset, Missing
from schema.snapshot import Severity, Snapshot
from schema.taxforms import VAT_SERIES

SHARE = 0.01
"""Rounding, timing around midnight, and corrections of a filing are within one percent."""
LEAST_FEN = 100_00
PAID_FEN = 1_00
REVENUE_SHARE = 0.05
"""Accounting revenue and taxable sales differ in time and scope (视同销售, 未开票收入)."""


def sales(snapshot: Snapshot) -> Compared | Absent:
    """Sales invoiced in a period against the sales declared for it. Sales without an invoice (未开票收入) are
    declared too, so only invoices in excess of the declaration differ."""
    return _against_invoices(snapshot, "sales", "out", "amount_fen", excess="invoiced")


def output_tax(snapshot: Snapshot) -> Compared | Absent:
    """销项税额: the tax on invoices issued, against line 11."""
    return _against_invoices(snapshot, "output_tax", "out", "tax_fen", excess="invoiced")


def input_tax(snapshot: Snapshot) -> Compared | Absent:
    """进项税额: line 12 against the tax on special invoices received. A taxpayer chooses when to deduct, so
    sums since the first period are compared."""
    return _against_invoices(snapshot, "input_tax", "in", "tax_fen", excess="declared")


def paid(snapshot: Snapshot) -> Compared | Absent:
    """应补(退)税额 of each VAT return against what was paid for its period, late fees and fines apart."""
    returns = _returns(snapshot, "due")
    if isinstance(returns, Absent):
        return returns
    if absent := held(snapshot, "tax_payment"):
        return absent
    payments = (
        snapshot.tables["tax_payment"]
        .filter((pl.col("category") == "vat") & (pl.col("nature") == "tax"))
        .group_by("period_start", "period_end")
        .agg(pl.col("amount_fen").sum().alias("right_fen"))
    )
    rows = (
        returns.with_columns(pl.max_horizontal("declared", pl.lit(0)).alias("left_fen"))
        .join(payments, on=["period_start", "period_end"], how="left")
        .with_columns(pl.col("right_fen").fill_null(0))
    )
    wrong = apart(pl.col("left_fen"), pl.col("right_fen"), fen=PAID_FEN)
    return Compared(_shown(rows, wrong), "1.00")


def revenue(snapshot: Snapshot) -> Compared | Absent:
    """营业收入 of a year's income statement against the VAT sales declared for its twelve months."""
    returns = _returns(snapshot, "sales")
    if isinstance(returns, Absent):
        return returns
    if absent := held(snapshot, "financial_statement"):
        return absent
    year = pl.col("period_end").dt.year()
    stated = (
        snapshot.tables["financial_statement"]
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
        returns.group_by(year.alias("year"))
        .agg(pl.col("declared").sum().alias("right_fen"), months.alias("months"))
        .filter(pl.col("months") == 12)
    )
    rows = stated.join(filed, on="year")
    if rows.is_empty():
        return Absent(Missing.INSUFFICIENT, "financial_statement")
    wrong = apart(pl.col("left_fen"), pl.col("right_fen"), share=REVENUE_SHARE, fen=LEAST_FEN)
    return Compared(rows.select("year", "left_fen", "right_fen", wrong.alias("differs")), "5%")


def _against_invoices(
    snapshot: Snapshot, series: str, direction: str, figure: str, *, excess: str
) -> Compared | Absent:
    returns = _returns(snapshot, series)
    if isinstance(returns, Absent):
        return returns
    if absent := held(snapshot, "invoice"):
        return absent
    standing = snapshot.tables["invoice"].filter(
        (pl.col("direction") == direction) & (pl.col("state") != "void")
    )
    if direction == "in":
        standing = standing.filter(pl.col("kind") == "special")
    days = standing.select(
        pl.col("issued_at").dt.date().alias("day"), pl.col(figure).alias("fen")
    ).drop_nulls()
    covered = _covered(returns, snapshot.tables["invoice"])
    if covered.is_empty() or days.is_empty():
        return Absent(Missing.INSUFFICIENT, "invoice")
    invoiced = (
        days.sort("day")
        .join_asof(covered.select("period_start", "period_end"), left_on="day", right_on="period_start")
        .filter(pl.col("day") <= pl.col("period_end"))
        .group_by("period_start")
        .agg(pl.col("fen").sum().alias("left_fen"))
    )
    rows = covered.join(invoiced, on="period_start", how="left").with_columns(
        pl.col("left_fen").fill_null(0), pl.col("declared").alias("right_fen")
    )
    left, right = pl.col("left_fen"), pl.col("right_fen")
    if excess == "declared":
        rows = rows.sort("period_start").with_columns(left.cum_sum(), right.cum_sum())
    more = left > right if excess == "invoiced" else right > left
    return Compared(_shown(rows, more & apart(left, right, share=SHARE, fen=LEAST_FEN)), "1%, 100.00")


def _returns(snapshot: Snapshot, series: str) -> pl.DataFrame | Absent:
    """The VAT returns that stand, one a period, with the figure of this series: ``return_id, period_start,
    period_end, declared`` (fen), oldest first."""
    if absent := held(snapshot, "tax_return", "tax_return_line"):
        return absent
    filed = snapshot.tables["tax_return"].filter(pl.col("form").is_in(list(VAT_SERIES)))
    corrected = filed["corrects"].drop_nulls().implode()
    standing = (
        filed.filter(~pl.col("return_id").is_in(corrected))
        .drop_nulls(["period_start", "period_end"])
        .sort("event_date", nulls_last=False)
        .unique(["form", "period_start", "period_end"], keep="last")
    )
    lines = pl.DataFrame(
        [(form, line) for form, all_series in VAT_SERIES.items() for line in all_series.get(series, ())],
        schema=["form", "line"],
        orient="row",
    )
    figures = (
        snapshot.tables["tax_return_line"]
        .filter(pl.col("column") == "current")
        .join(standing.select("return_id", "form"), on="return_id")
        .join(lines, on=["form", "line"])
        .group_by("return_id")
        .agg(pl.col("amount_fen").sum().alias("declared"))
    )
    rows = standing.join(figures, on="return_id").sort("period_start")
    if rows.is_empty():
        return Absent(Missing.NOT_APPLICABLE, "tax_return_line")
    return rows.select("return_id", "period_start", "period_end", "declared", "raw_ref", "pointer")


def _covered(returns: pl.DataFrame, invoices: pl.DataFrame) -> pl.DataFrame:
    """The returns whose periods lie within the months from the first invoice to the last."""
    days = invoices["issued_at"].drop_nulls().dt.date()
    if days.is_empty():
        return returns.clear()
    first, last = days.min(), days.max()
    begun = pl.col("period_start") >= pl.lit(first).dt.month_start()
    return returns.filter(begun & (pl.col("period_end") <= pl.lit(last).dt.month_end()))


def _shown(rows: pl.DataFrame, wrong: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "period_start",
        "period_end",
        "return_id",
        "raw_ref",
        "pointer",
        "left_fen",
        "right_fen",
        wrong.alias("differs"),
    )


CHECKS = (
    Check(
        "sales_differ",
        "开票销售额不超过申报销售额",
        "Invoiced sales are declared",
        ("开票销售额", "invoiced"),
        ("申报销售额", "declared"),
        Dataset.TAX_RETURN,
        Severity.WARNING,
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
        revenue,
    ),
)
