"""Tax returns as known at the decision: which stand, and their figures by official line.

Form lines are the official numbers: VAT general and small-scale, CIT A200000 and A100000. Withholding
returns come summed up, with the lines ``headcount`` (a number of persons) and ``income`` (fen).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from schema.taxforms import VAT_SERIES
from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows, months_of
from scoring.measure import derived
from scoring.series import known_or, summed
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, STALE, Bools, Floats, Ints

FORMS = ("vat_general", "vat_small", "cit_quarterly", "cit_annual", "iit_withholding")
LINES = ("1", "4", "5", "7", "8", "9", "11", "12", "13", "20", "24", "25", "headcount", "income")
_SALES_LINES = [VAT_SERIES[form]["sales"] for form in FORMS[:2]]
"""Lines that add up to sales, in the general and in the small-scale VAT form."""

VAT_GENERAL, VAT_SMALL, CIT_QUARTERLY, CIT_ANNUAL, WITHHOLDING = range(len(FORMS))


@dataclass(frozen=True, eq=False)
class Returns:
    """Every known return. ``current`` and ``to_date`` are fen by return and line, null as NaN."""

    rows: Rows
    form: Ints
    first: Floats
    """Months since year 0 of the first month of the period."""
    age: Floats
    """Months from the end of the period to ``as_of``."""
    standing: Bools
    """Not corrected, and the last of its form and period."""
    original: Bools
    """Not itself a correction."""
    corrected: Ints
    """The row that a correction replaces, −1 when that is not in the data."""
    current: Floats
    to_date: Floats

    @cached_property
    def months(self) -> Floats:
        """Length of the period."""
        return self.rows.last_month_of_row - self.age - self.first + 1

    @cached_property
    def vat(self) -> Bools:
        """The VAT returns that stand."""
        return self.standing & (self.form <= VAT_SMALL)

    @cached_property
    def sales(self) -> Floats:
        """Declared sales of VAT returns, fen."""
        general, small = (self.sum(lines) for lines in _SALES_LINES)
        return np.where(self.form == VAT_GENERAL, general, np.where(self.form == VAT_SMALL, small, 0.0))

    def sum(self, lines: tuple[str, ...]) -> Floats:
        """The sum of some lines, absent ones as 0."""
        return cast(Floats, np.nansum(self.current[:, [LINES.index(line) for line in lines]], axis=1))

    def line(self, name: str) -> Floats:
        """A line of the period's own figures."""
        return self.current[:, LINES.index(name)]


@derived
def returns(batch: Batch) -> Returns:
    """A return without a filing date counts from its due date."""
    rows = batch.rows("tax_return")
    end, due, filed = (rows.day(name) for name in ("period_end", "due_on", "event_date"))
    filed_on = np.where(np.isnan(filed), np.where(np.isnan(due), end, due), filed)
    known = (filed_on <= batch.last_day[rows.firm]) & ~np.isnan(rows.day("period_start"))
    rows = rows if known.all() else rows.where(known)
    ids, key = rows.codes("return_id"), rows.hashed("return_id")
    corrects = rows.hashed("corrects")
    correcting = rows.told("corrects")
    corrected = np.isin(key, corrects[correcting]) if correcting.any() else ~rows.all
    start, end = rows.day("period_start"), rows.day("period_end")
    form = rows.words("form", FORMS)
    order = np.lexsort(
        (ids, known_or(rows.day("event_date"), -np.inf), corrected == 0, end, start, form, rows.firm)
    )
    last = np.ones(len(order), dtype=np.bool_)
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in (form, rows.firm, start, end):
        same &= column[order][1:] == column[order][:-1]
    last[order[:-1]] = ~same
    current, to_date = _figures(batch, key)
    return Returns(
        rows,
        form,
        months_of(start),
        rows.age("period_end"),
        last & ~corrected,
        ~correcting,
        _place(corrects, key),
        current,
        to_date,
    )


def _place(wanted: Ints, key: Ints) -> Ints:
    """Where each wanted key stands, −1 where it does not."""
    if not len(key):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(key, kind="stable")
    at = order[np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)]
    return np.where(key[at] == wanted, at, -1)


def same_keys(lines: Rows, returns: Rows, column: str) -> Ints:
    """The return that each line belongs to, −1 when it is not known."""
    return _place(lines.hashed(column), returns.hashed(column))


def _figures(batch: Batch, key: Ints) -> tuple[Floats, Floats]:
    lines = batch.rows("tax_return_line")
    at = _place(lines.hashed("return_id"), key)
    place = lines.words("line", LINES)
    column = lines.words("column", ("current", "year_to_date"))
    amount = lines.number("amount_fen")
    width = len(LINES)
    keep = (at >= 0) & (place < width) & (column < 2) & ~np.isnan(amount)
    cell = (column * len(key) + at)[keep] * width + place[keep]
    sums = np.bincount(cell, weights=amount[keep], minlength=2 * len(key) * width)
    told = np.bincount(cell, minlength=2 * len(key) * width)
    current, to_date = np.where(told > 0, sums, np.nan).reshape(2, len(key), width)
    return current, to_date


@dataclass(frozen=True, eq=False)
class Year:
    """Revenue and income tax due of the last four quarters, else of the last annual
    return, in fen."""

    revenue: Floats
    tax: Floats


@derived
def income_tax(returns: Returns, batch: Batch) -> Year:
    """By the corporate income-tax returns. Quarterly ones state the year to date: a quarter is the difference
    to the quarter before. ``NOT_AVAILABLE`` without a return, ``INSUFFICIENT`` without a whole year."""
    filed = segment_any(returns, (returns.form == CIT_QUARTERLY) | (returns.form == CIT_ANNUAL))
    nothing = np.where(filed, INSUFFICIENT, NOT_AVAILABLE)
    quarterly, known = _quarters(returns, batch)
    annual = _annual(returns, "1", "25")
    annual[1] = np.where(np.isnan(annual[1]), 0.0, annual[1])
    revenue, tax = (
        np.where(known, quarter, np.where(np.isnan(annual[0]), nothing, year))
        for quarter, year in zip(quarterly, annual, strict=True)
    )
    return Year(revenue, tax)


def segment_any(returns: Returns, mask: Bools) -> Bools:
    """Whether a firm has a standing return of the mask."""
    return returns.rows.count(mask & returns.standing) > 0


def _quarters(returns: Returns, batch: Batch) -> tuple[list[Floats], Bools]:
    mask = np.flatnonzero(returns.standing & (returns.form == CIT_QUARTERLY))
    firm, end = returns.rows.firm[mask], (batch.last_month[returns.rows.firm] - returns.age)[mask]
    quarter = end.astype(np.int64) // 3
    newest = np.full(batch.firms, -(10**6))
    np.maximum.at(newest, firm, quarter)
    back = newest[firm] - quarter
    near: Bools = back < 5
    in_year = (newest[:, None] - np.arange(4)) % 4
    unknown = np.logical_and.reduce(np.isnan(returns.to_date[mask]), axis=1).reshape(-1, 1)
    figures = np.where(unknown, returns.current[mask], returns.to_date[mask])[:, _lines("1", "12")]
    grid = np.full((batch.firms, 5, 2), np.nan)
    grid[firm[near], back[near]] = known_or(figures[near], 0.0)
    before = np.where(in_year[:, :, None] > 0, grid[:, 1:], 0.0)
    totals = summed(grid[:, :4] - before)
    known = (batch.last_month - newest * 3 - 2 < 12) & ~np.isnan(totals).any(axis=1)
    return [totals[:, 0], totals[:, 1]], known


def _annual(returns: Returns, *lines: str) -> list[Floats]:
    """Lines of the newest annual return of the last 24 months, the first of which it tells; NaN without
    one."""
    rows = (returns.standing & (returns.form == CIT_ANNUAL) & (returns.age < 24.0)).nonzero()[0]
    current, to_date = (each[rows][:, _lines(*lines)] for each in (returns.current, returns.to_date))
    figures = np.where(np.isnan(current), to_date, current)
    told = (~np.isnan(figures[:, 0])).nonzero()[0]
    order = told[np.argsort(-returns.age[rows[told]], kind="stable")]
    found = np.full((len(lines), returns.rows.firms), np.nan)
    found[:, returns.rows.firm[rows[order]]] = figures[order].T
    return list(found)


def _lines(*names: str) -> list[int]:
    return [LINES.index(name) for name in names]


@dataclass(frozen=True, eq=False)
class Wages:
    """The withholding returns (个税扣缴). ``gap`` is 0, or why nothing is known."""

    rows: Rows
    mask: Bools
    age: Floats
    heads: Floats
    income: Floats
    newest: Floats
    gap: Floats

    def total(self, found: Floats, months: int) -> Floats:
        """The sum over the months that end with the newest return."""
        inside = self.mask & (self.age < self.newest[self.rows.firm] + months)
        return self.rows.sum(inside, found) + self.gap


@derived
def wages(returns: Returns, batch: Batch) -> Wages:
    """``NOT_AVAILABLE`` without one, ``STALE`` when the newest is too old."""
    rows, heads = returns.rows, returns.line("headcount")
    mask = returns.standing & (returns.form == WITHHOLDING) & ~np.isnan(heads)
    newest = rows.smallest(mask, returns.age, NOT_AVAILABLE)
    stale = newest > batch.measurement.wage_lag_months
    gap = np.where(stale, STALE, np.where(np.isnan(newest), newest, 0.0))
    return Wages(rows, mask, returns.age, heads, returns.line("income"), newest, gap)
