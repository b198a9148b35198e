"""利润表 and 资产负债表 of the feed: a line of the statement a row."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from normalizers import statements
from normalizers.bankfeed.page import given
from normalizers.values import day, fen
from schema.rows.financial_statement import AccountingStandard, Statement, StatementColumn

Sides = Mapping[str, Mapping[str, StatementColumn]]
_INCOME: Sides = {"hmc": {"bqje": StatementColumn.CURRENT, "sqje": StatementColumn.PRIOR}}
_BALANCE: Sides = {
    "zcxmmc": {"qmye_zc": StatementColumn.CLOSING, "ncye_zc": StatementColumn.OPENING},
    "qyxmmc": {"qmye_qy": StatementColumn.CLOSING, "ncye_qy": StatementColumn.OPENING},
}
_STANDARDS = {
    "小企业": AccountingStandard.SMALL,
    "企业会计制度": AccountingStandard.OLD,
    "企业会计准则": AccountingStandard.ENTERPRISE,
}
"""Words of 财务报表类型名称, the first that is found."""


def income(raw: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """利润表: 本期 and 上期."""
    given(raw, "lrb", ("ssqq", "ssqz", "hmc"))
    start, end = day(raw["ssqq"]), day(raw["ssqz"])
    return _statement(raw.with_columns(start=start, end=end), Statement.INCOME, _INCOME)


def balance(raw: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """资产负债表: two sides a row. A balance has its last day alone."""
    given(raw, "zcfzb", ("skssqq", "skssqz"))
    nothing, end = pl.lit(None, dtype=pl.Date), day(raw["skssqz"])
    return _statement(raw.with_columns(start=nothing, end=end), Statement.BALANCE_SHEET, _BALANCE)


def _statement(raw: pl.DataFrame, statement: Statement, sides: Sides) -> dict[str, pl.DataFrame]:
    dated = raw.with_columns(day(raw["lrrq"]).alias("event_date"), _standard().alias("standard"))
    index = ["start", "end", "event_date", "ewbhxh", "standard", "pointer"]
    figures = pl.concat(
        dated.unpivot(list(columns), index=[*index, label])
        .drop_nulls([label, "value"])
        .rename({label: "label"})
        for label, columns in sides.items()
    )
    columns = {key: column.value for side in sides.values() for key, column in side.items()}
    named = figures.with_columns(
        pl.col("variable").replace_strict(columns, return_dtype=pl.String).alias("column"),
        pl.Series("item", [_item(statement, label) for label in figures["label"]], dtype=pl.String),
        fen(figures["value"]).alias("amount_fen"),
    )
    table = named.select(
        pl.lit(statement.value).alias("statement"),
        _years_back(pl.col("start")).alias("period_start"),
        _years_back(pl.col("end")).alias("period_end"),
        "event_date",
        pl.when(pl.col("column").is_in([each.value for each in statements.READ])).then("item").alias("item"),
        "amount_fen",
        "standard",
        pl.col("ewbhxh").alias("line"),
        "label",
        "column",
        pl.format("{}/{}", "pointer", "variable").alias("pointer"),
    )
    return {"financial_statement": table}


def _item(statement: Statement, label: str) -> str | None:
    return statements.ITEMS[statement].get(statements.words(label))


def _years_back(day_of: pl.Expr) -> pl.Expr:
    """The day that a column is about: the end of the year before for 年初, a year earlier for 上期."""
    opening = pl.date(day_of.dt.year() - 1, 12, 31)
    return (
        pl.when(pl.col("column") == StatementColumn.OPENING.value)
        .then(pl.when(day_of.is_not_null()).then(opening))
        .when(pl.col("column") == StatementColumn.PRIOR.value)
        .then(day_of.dt.offset_by("-1y"))
        .otherwise(day_of)
    )


def _standard() -> pl.Expr:
    """None where nobody names one."""
    found = pl.lit(None, dtype=pl.String)
    for words, standard in reversed(_STANDARDS.items()):
        found = pl.when(pl.col("cwbblxmc").str.contains(words)).then(pl.lit(standard.value)).otherwise(found)
    return found
