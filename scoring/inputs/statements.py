"""Financial statements as known at the decision; a later filing of the same period replaces the earlier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows, months_of
from scoring.measure import derived
from scoring.series import known_or
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, STALE, Bools, Floats, Ints

BALANCE = (
    "assets",
    "current_assets",
    "cash",
    "receivables",
    "prepayments",
    "other_receivables",
    "inventory",
    "fixed_assets",
    "intangible",
    "liabilities",
    "current_liabilities",
    "short_loans",
    "payables",
    "advances",
    "long_loans",
    "equity",
)
INCOME = (
    "revenue",
    "cost",
    "admin_expense",
    "rd_expense",
    "interest_expense",
    "subsidy",
    "net_profit",
)


@dataclass(frozen=True, eq=False)
class Books:
    """The newest balance sheet, and the newest income statement that is long enough, fen."""

    balance: dict[str, Floats]
    income: dict[str, Floats]
    days: Floats
    """Length of the income statement."""
    losses: Floats
    """Years with a loss among the annual income statements of the last 36 months."""


@derived
def books(batch: Batch) -> Books:
    """``NOT_AVAILABLE`` without a statement or an item of it, ``STALE`` when it is too old."""
    rows = batch.rows("financial_statement")
    end, amount = rows.day("period_end"), rows.number("amount_fen")
    begun = np.where(np.isnan(rows.day("period_start")), end, rows.day("period_start"))
    item = rows.words("item", BALANCE + INCOME)
    kind = rows.words("statement", ("balance_sheet", "income"))
    known = (end <= batch.last_day[rows.firm]) & ~np.isnan(amount) & (item < len(BALANCE + INCOME))
    filed = known_or(rows.day("event_date"), -np.inf)
    order = np.lexsort((amount, rows.number("fetched_at"), filed, begun, end, rows.firm))
    order = order[known[order]]
    months = months_of(end) - months_of(begun) + 1
    sheets = order[kind[order] == 0]
    incomes = order[kind[order] == 1]
    closed = _newest(rows, sheets, end)
    balance = _items(batch, rows, sheets[end[sheets] == closed[rows.firm[sheets]]], item, amount, BALANCE, 0)
    least = batch.measurement.statement_least_months
    long_enough = incomes[months[incomes] >= least]
    newest = _newest(rows, long_enough, end)
    using = long_enough[end[long_enough] == newest[rows.firm[long_enough]]]
    longest = _newest(rows, using, months)
    using = using[months[using] == longest[rows.firm[using]]]
    income = _items(batch, rows, using, item, amount, INCOME, len(BALANCE))
    span = np.full(batch.firms, np.nan)
    span[rows.firm[using]] = (end - begun + 1)[using]
    stale_months = batch.measurement.statement_stale_months
    had = np.isfinite(_newest(rows, incomes, end))
    short = np.where(had & ~np.isfinite(newest), INSUFFICIENT, NOT_AVAILABLE)
    gap = _gap(batch, closed, stale_months, NOT_AVAILABLE)
    flow_gap = _gap(batch, newest, stale_months, short)
    return Books(
        dict(zip(BALANCE, np.where(gap != 0, gap, balance), strict=True)),
        dict(zip(INCOME, np.where(flow_gap != 0, flow_gap, income), strict=True)),
        span,
        _losses(
            batch, rows, incomes[(item[incomes] == item_code("net_profit")) & (months[incomes] == 12)], amount
        ),
    )


def item_code(name: str) -> int:
    return (BALANCE + INCOME).index(name)


def _newest(rows: Rows, order: Ints, found: Floats) -> Floats:
    best = np.full(rows.firms, -np.inf)
    np.maximum.at(best, rows.firm[order], found[order])
    return best


def _items(
    batch: Batch, rows: Rows, order: Ints, item: Ints, amount: Floats, names: tuple[str, ...], first: int
) -> Floats:
    """Amounts by item and firm; a later row overwrites."""
    mine = order[(item[order] >= first) & (item[order] < first + len(names))]
    found = np.full((len(names), batch.firms), NOT_AVAILABLE)
    found[item[mine] - first, rows.firm[mine]] = amount[mine]
    return found


def _gap(batch: Batch, end: Floats, stale_months: int, nothing: Floats | float) -> Floats:
    """0, or why a statement that ends so is not used."""
    there = np.isfinite(end)
    age = batch.last_month - months_of(np.where(there, end, 0.0))
    return np.where(there, np.where(age > stale_months, STALE, 0.0), nothing)


def _losses(batch: Batch, rows: Rows, order: Ints, profit: Floats) -> Floats:
    """Among annual statements in the order of their end and filing: one a year, the last that was filed."""
    recent = order[rows.age("period_end")[order] < 36]
    firm, end = rows.firm[recent], rows.day("period_end")[recent]
    last: Bools = np.ones(len(recent), dtype=np.bool_)
    last[:-1] = (firm[1:] != firm[:-1]) | (end[1:] != end[:-1])
    lost = np.bincount(firm[last & (profit[recent] < 0)], minlength=batch.firms)
    years = np.bincount(firm[last], minlength=batch.firms)
    return np.where(years > 0, lost, INSUFFICIENT)
