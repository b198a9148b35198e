"""Tax returns as known at the decision: monthly series of the VAT return, corporate income tax, wages
withheld on.

A quarterly return is spread over its months, so that a window of n months is n/3 periods. A month without a
return is unknown, never zero. Windows end with the last filed period: the month of ``as_of`` is usually not
due yet.
Form lines are the official numbers: VAT general and small-scale, CIT A200000 and A100000. Withholding
returns come summed up, with the lines ``headcount`` (a number of persons) and ``income`` (fen).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from schema.dataset import Missing
from scoring.series import Floats
from scoring.value import Absent

MONTHS = 48

SERIES: dict[str, dict[str, tuple[str, ...]]] = {
    "vat_general": {
        "sales": ("1", "5", "7", "8"),
        "taxable": ("1", "5"),
        "export": ("7",),
        "exempt": ("8",),
        "output_tax": ("11",),
        "input_tax": ("12",),
        "payable": ("24",),
        "carried": ("20",),
    },
    "vat_small": {
        "sales": ("1", "4", "7", "9", "13"),
        "taxable": ("1", "4", "7"),
        "export": ("13",),
        "exempt": ("9",),
        "payable": ("20",),
    },
}
"""Form → series → lines that add up to it."""

STOCKS = frozenset({"carried"})
"""Series that state a balance at the end of the period; the others are flows."""


class Return(NamedTuple):
    """One effective return (corrections applied)."""

    form: str
    start: date
    end: date
    current: Mapping[str, int]
    to_date: Mapping[str, int]


def effective(returns: pl.DataFrame, lines: pl.DataFrame) -> list[Return]:
    """The returns that stand: corrected ones replaced, one a form and period, newest period first."""
    corrected = set(returns["corrects"].drop_nulls().to_list())
    amounts: dict[tuple[str, str], dict[str, int]] = {}
    summed = (
        lines.drop_nulls("amount_fen").group_by("return_id", "column", "line").agg(pl.col("amount_fen").sum())
    )
    for return_id, column, line, amount in summed.iter_rows():
        amounts.setdefault((return_id, column), {})[line] = amount
    standing: dict[tuple[str, date, date], Return] = {}
    rows = returns.drop_nulls(["period_start", "period_end"]).sort(
        "event_date", "return_id", nulls_last=False
    )
    for return_id, form, start, end in rows.select(
        "return_id", "form", "period_start", "period_end"
    ).iter_rows():
        if return_id not in corrected:
            current, to_date = (
                amounts.get((return_id, column), {}) for column in ("current", "year_to_date")
            )
            standing[(form, start, end)] = Return(form, start, end, current, to_date)
    return sorted(standing.values(), key=lambda filed: (filed.end, filed.start), reverse=True)


def month_number(day: date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1


@dataclass(frozen=True, eq=False)
class Declared:
    """VAT returns by month of age. ``unit`` is 1 for monthly and 3 for quarterly filers, ``last`` the
    newest filed age."""

    form: str
    unit: int
    last: int
    stale: bool
    series: dict[str, Floats]

    def periods(self, name: str, months: int, skip: int = 0) -> Floats:
        """Sums a period over ``months`` that end ``skip`` months before the last filed one, newest first.

        ``NOT_APPLICABLE`` for a line that the form does not have, ``STALE`` when filing stopped,
        ``INSUFFICIENT`` when a month of the window was not filed. Fen.
        """
        if name not in SERIES[self.form]:
            raise Absent(Missing.NOT_APPLICABLE)
        if self.stale:
            raise Absent(Missing.STALE)
        window = self.series[name][self.last + skip : self.last + skip + months]
        if len(window) < months or np.isnan(window).any():
            raise Absent(Missing.INSUFFICIENT)
        return np.asarray(window.reshape(-1, min(self.unit, months)).sum(axis=1), dtype=np.float64)

    def total(self, name: str, months: int, skip: int = 0) -> float:
        """The sum of ``periods``, fen."""
        return float(self.periods(name, months, skip).sum())


def declared(returns: list[Return], as_of: date, max_lag: Mapping[int, int]) -> Declared:
    """The VAT series. ``max_lag`` maps the unit to the age at which filing counts as stopped.

    ``NOT_AVAILABLE`` without a VAT return.
    """
    vat = [filed for filed in returns if filed.form in SERIES]
    if not vat:
        raise Absent(Missing.NOT_AVAILABLE)
    newest = vat[0]
    unit = 3 if month_number(newest.end) - month_number(newest.start) >= 2 else 1
    series = {name: np.full(MONTHS, np.nan) for name in SERIES["vat_general"]}
    for filed in reversed(vat):
        _spread(filed, series, as_of)
    last = max(0, month_number(as_of) - month_number(newest.end))
    return Declared(newest.form, unit, last, last > max_lag[3 if unit > 1 else 1], series)


def _spread(filed: Return, series: dict[str, Floats], as_of: date) -> None:
    months = month_number(filed.end) - month_number(filed.start) + 1
    first = month_number(as_of) - month_number(filed.end)
    if first < 0 or "1" not in filed.current:
        return
    for name, lines in SERIES[filed.form].items():
        amount = sum(filed.current.get(line, 0) for line in lines)
        series[name][first : first + months] = amount if name in STOCKS else amount / months


def income_tax(returns: list[Return], as_of: date) -> tuple[float, float]:
    """Revenue and income tax due of the last four quarters, else of the last annual return, in fen.

    Quarterly returns state the year to date: a quarter is the difference to the quarter before.
    ``NOT_AVAILABLE`` without an income-tax return, ``INSUFFICIENT`` without a whole year.
    """
    filed = {name: [one for one in returns if one.form == name] for name in ("cit_quarterly", "cit_annual")}
    if not any(filed.values()):
        raise Absent(Missing.NOT_AVAILABLE)
    to_date = {
        (one.end.year, one.end.month // 3): one.to_date or one.current for one in filed["cit_quarterly"]
    }
    newest = max(to_date, default=(0, 0))
    quarters = [divmod(newest[0] * 4 + newest[1] - 1 - back, 4) for back in range(4)]
    needed = {(year, quarter + 1) for year, quarter in quarters}
    needed |= {(year, quarter) for year, quarter in quarters if quarter > 0}
    if needed <= to_date.keys() and month_number(as_of) - newest[0] * 12 - newest[1] * 3 + 1 < 12:
        revenue, tax = (
            sum(_quarter(to_date, year, quarter + 1, line) for year, quarter in quarters)
            for line in ("1", "12")
        )
        return float(revenue), float(tax)
    for annual in filed["cit_annual"]:
        figures = annual.current or annual.to_date
        if month_number(as_of) - month_number(annual.end) < 24 and "1" in figures:
            return float(figures["1"]), float(figures.get("25", 0))
    raise Absent(Missing.INSUFFICIENT)


def _quarter(to_date: dict[tuple[int, int], Mapping[str, int]], year: int, quarter: int, line: str) -> int:
    before = to_date[(year, quarter - 1)].get(line, 0) if quarter > 1 else 0
    return to_date[(year, quarter)].get(line, 0) - before


def wages(returns: list[Return], as_of: date, max_lag: int) -> list[tuple[int, int, int]]:
    """Age in months, headcount and income (fen) of each withholding return, newest first.

    ``NOT_AVAILABLE`` without one, ``STALE`` when the newest is older than ``max_lag`` months.
    """
    rows = [
        (month_number(as_of) - month_number(one.end), one.current["headcount"], one.current.get("income", 0))
        for one in returns
        if one.form == "iit_withholding" and "headcount" in one.current
    ]
    if not rows:
        raise Absent(Missing.NOT_AVAILABLE)
    if rows[0][0] > max_lag:
        raise Absent(Missing.STALE)
    return rows
