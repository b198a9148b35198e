"""财务报表 of the national core system, by accounting standard: grids of lines, named by their words.

A line's number counts the lines that have a name; on a balance sheet it counts on through the second side, as
the paper form does. What a line means is told by its words, since its number differs between versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from normalizers.contract import lacking
from normalizers.coreforms import rows
from normalizers.values import fen
from schema.rows.financial_statement import AccountingStandard, Item, Statement, StatementColumn

_CLOSING, _OPENING = StatementColumn.CLOSING, StatementColumn.OPENING
_ENUMERATED = re.compile(r"^(?:[(（]?[一二三四五六七八九十]+[、)）]|\d+[.、]|减[:：]|加[:：]|其中[:：])")
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")
_SPACE = re.compile(r"[\s\u00a0\u3000]+|&nbsp;")


@dataclass(frozen=True)
class Layout:
    """Where a statement's lines are: ``sides`` pairs the key of the words with the columns beside it."""

    statement: Statement
    standard: AccountingStandard
    path: tuple[str, ...]
    sides: tuple[tuple[str, Mapping[str, StatementColumn]], ...]


_BALANCE = (
    ("zcxmmc", {"qmyeZc": _CLOSING, "ncyeZc": _OPENING}),
    ("qyxmmc", {"qmyeQy": _CLOSING, "ncyeQy": _OPENING}),
)
_SMALL = (("hmc", {"byje": StatementColumn.CURRENT, "bnljje": StatementColumn.YEAR_TO_DATE}),)
_ENTERPRISE = (("hmc", {"bqje": StatementColumn.CURRENT, "sqje1": StatementColumn.PRIOR}),)
LAYOUTS = (
    Layout(
        Statement.BALANCE_SHEET,
        AccountingStandard.SMALL,
        ("syxqyzcfzb", "syxqyzcfzbGrid", "xqyzcfzbGridlb"),
        _BALANCE,
    ),
    Layout(
        Statement.INCOME,
        AccountingStandard.SMALL,
        ("syxqylrb", "syxqylrbGrid", "syxqylrbGridlb"),
        _SMALL,
    ),
    Layout(
        Statement.CASH_FLOW,
        AccountingStandard.SMALL,
        ("syxqyxjllb", "xqyxjllbGrid", "xqyxjllbGridlb"),
        _SMALL,
    ),
    Layout(
        Statement.BALANCE_SHEET,
        AccountingStandard.ENTERPRISE,
        ("ybqyzcfzbVO", "ybqyzcfzbzbGrid", "ybqyzcfzbzbGridlb"),
        _BALANCE,
    ),
    Layout(
        Statement.INCOME,
        AccountingStandard.ENTERPRISE,
        ("ybqylrbVO", "ybqylrbGrid", "ybqylrbGridlb"),
        _ENTERPRISE,
    ),
    Layout(
        Statement.CASH_FLOW,
        AccountingStandard.ENTERPRISE,
        ("ybqyxjllbVO", "ybqyxjllbGrid", "ybqyxjllbGridlb"),
        _ENTERPRISE,
    ),
)
ITEMS: dict[Statement, dict[str, Item]] = {
    Statement.BALANCE_SHEET: {
        "货币资金": Item.CASH,
        "应收账款": Item.RECEIVABLES,
        "预付账款": Item.PREPAYMENTS,
        "预付款项": Item.PREPAYMENTS,
        "其他应收款": Item.OTHER_RECEIVABLES,
        "存货": Item.INVENTORY,
        "流动资产合计": Item.CURRENT_ASSETS,
        "固定资产账面价值": Item.FIXED_ASSETS,
        "固定资产": Item.FIXED_ASSETS,
        "无形资产": Item.INTANGIBLE,
        "资产合计": Item.ASSETS,
        "资产总计": Item.ASSETS,
        "短期借款": Item.SHORT_LOANS,
        "应付账款": Item.PAYABLES,
        "预收账款": Item.ADVANCES,
        "预收款项": Item.ADVANCES,
        "流动负债合计": Item.CURRENT_LIABILITIES,
        "长期借款": Item.LONG_LOANS,
        "负债合计": Item.LIABILITIES,
        "所有者权益合计": Item.EQUITY,
    },
    Statement.INCOME: {
        "营业收入": Item.REVENUE,
        "营业成本": Item.COST,
        "销售费用": Item.SELLING_EXPENSE,
        "管理费用": Item.ADMIN_EXPENSE,
        "研究费用": Item.RD_EXPENSE,
        "研发费用": Item.RD_EXPENSE,
        "财务费用": Item.FINANCE_EXPENSE,
        "利息费用": Item.INTEREST_EXPENSE,
        "政府补助": Item.SUBSIDY,
        "营业利润": Item.OPERATING_PROFIT,
        "利润总额": Item.TOTAL_PROFIT,
        "净利润": Item.NET_PROFIT,
    },
    Statement.CASH_FLOW: {
        "经营活动产生的现金流量净额": Item.OPERATING_CASH_FLOW,
        "投资活动产生的现金流量净额": Item.INVESTING_CASH_FLOW,
        "筹资活动产生的现金流量净额": Item.FINANCING_CASH_FLOW,
    },
}
READ = frozenset({_CLOSING, StatementColumn.CURRENT, StatementColumn.YEAR_TO_DATE})
"""Columns whose figures are items; the others compare."""
SCHEMA = {
    "statement": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "event_date": pl.Date,
    "item": pl.String,
    "printed": pl.String,
    "standard": pl.String,
    "line": pl.String,
    "label": pl.String,
    "column": pl.String,
    "page": pl.Int64,
    "pointer": pl.String,
}


@dataclass(frozen=True)
class Filed:
    """One set of statements: the object that holds it, where that stands in its page, and its dates."""

    node: Mapping[str, Any]
    page: int
    place: str
    start: date
    end: date
    filed_on: date | None


def words(label: str) -> str:
    """``其中:利息费用（收入以“－”号填列）`` → ``利息费用``."""
    bare = _SPACE.sub("", label)
    while (shorter := _ENUMERATED.sub("", bare)) != bare:
        bare = shorter
    return _BRACKETS.sub("", bare)


def table(filed: Sequence[Filed]) -> pl.DataFrame:
    """The printed figures of every statement, with ``page`` and ``pointer``. Raises ``ContractChanged`` for
    an object without a statement, ``DataCorrupt`` for what is no amount."""
    raw = pl.DataFrame([cell for each in filed for cell in _cells(each)], schema=SCHEMA, orient="row")
    printed = raw.filter(pl.col("printed").is_not_null() & (pl.col("printed") != ""))
    return printed.with_columns(fen(printed["printed"]).alias("amount_fen")).drop("printed")


def _cells(filed: Filed) -> Iterator[tuple[Any, ...]]:
    layouts = [layout for layout in LAYOUTS if layout.path[0] in filed.node]
    if not layouts:
        raise lacking("财务报表", [layout.path[0] for layout in LAYOUTS])
    for layout in layouts:
        lines = rows(filed.node, layout.path)
        number = 0
        for name, columns in layout.sides:
            for position, row in enumerate(lines):
                label = _SPACE.sub("", str(row.get(name) or ""))
                if not label:
                    continue
                number += 1
                if missing := [key for key in columns if key not in row]:
                    raise lacking(layout.path[-1], missing)
                for key, column in columns.items():
                    place = f"{filed.place}/{'/'.join(layout.path)}/{position}/{key}"
                    yield _cell(filed, layout, column, label, number, row[key], place)


def _cell(
    filed: Filed,
    layout: Layout,
    column: StatementColumn,
    label: str,
    number: int,
    printed: str | None,
    place: str,
) -> tuple[Any, ...]:
    item = ITEMS[layout.statement].get(words(label)) if column in READ else None
    start, end = _span(filed, column)
    head = (layout.statement, start, end, filed.filed_on, item, printed, layout.standard)
    return (*head, f"{number}", label, column, filed.page, place)


def _span(filed: Filed, column: StatementColumn) -> tuple[date | None, date]:
    """The days of a column: a balance has its last day alone."""
    match column:
        case StatementColumn.CLOSING:
            return None, filed.end
        case StatementColumn.OPENING:
            return None, date(filed.end.year - 1, 12, 31)
        case StatementColumn.YEAR_TO_DATE:
            return date(filed.end.year, 1, 1), filed.end
        case StatementColumn.PRIOR:
            return filed.start.replace(year=filed.start.year - 1), _year_before(filed.end)
        case StatementColumn.CURRENT:
            return filed.start, filed.end


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
