"""Financial statements as known at the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from schema.dataset import Missing
from scoring.inputs.filings import month_number
from scoring.value import Absent


@dataclass(frozen=True)
class Income:
    """One income statement: figures in fen over ``days``."""

    end: date
    months: int
    days: int
    figures: dict[str, int]


@dataclass(frozen=True, eq=False)
class Statements:
    """Statements filed by ``as_of``; a later filing of the same period replaces the earlier."""

    frame: pl.DataFrame
    as_of: date
    stale_months: int
    least_months: int
    """Shortest income statement that margins are read from."""

    def item(self, name: str) -> int:
        """An item of the newest balance sheet, fen. ``STALE`` or ``NOT_AVAILABLE`` else."""
        return self._pick(self._balance, name)

    def income(self, name: str) -> int:
        """An item of the income statement in use, fen."""
        return self._pick(self.latest_income.figures, name)

    @cached_property
    def _balance(self) -> dict[str, int]:
        sheets = self._of("balance_sheet")
        if not sheets:
            raise Absent(Missing.NOT_AVAILABLE)
        _, end = max(sheets, key=lambda period: period[1])
        self._fresh(end)
        return {
            name: amount
            for (_, stop), found in sheets.items()
            if stop == end
            for name, amount in found.items()
        }

    @cached_property
    def incomes(self) -> list[Income]:
        """Income statements, newest and longest first."""
        found = [
            Income(end, month_number(end) - month_number(start) + 1, (end - start).days + 1, figures)
            for (start, end), figures in self._of("income").items()
        ]
        return sorted(found, key=lambda one: (one.end, one.months), reverse=True)

    @cached_property
    def latest_income(self) -> Income:
        if not self.incomes:
            raise Absent(Missing.NOT_AVAILABLE)
        long_enough = [one for one in self.incomes if one.months >= self.least_months]
        if not long_enough:
            raise Absent(Missing.INSUFFICIENT)
        self._fresh(long_enough[0].end)
        return long_enough[0]

    def _of(self, statement: str) -> dict[tuple[date, date], dict[str, int]]:
        rows = (
            self.frame.filter(pl.col("statement") == statement)
            .drop_nulls(["period_end", "item", "amount_fen"])
            .with_columns(pl.col("period_start").fill_null(pl.col("period_end")))
            .sort("event_date", "fetched_at", "amount_fen", nulls_last=False)
        )
        found: dict[tuple[date, date], dict[str, int]] = {}
        for start, end, item, amount in rows.select(
            "period_start", "period_end", "item", "amount_fen"
        ).iter_rows():
            found.setdefault((start, end), {})[item] = amount
        return found

    def _fresh(self, end: date) -> None:
        if month_number(self.as_of) - month_number(end) > self.stale_months:
            raise Absent(Missing.STALE)

    @staticmethod
    def _pick(figures: dict[str, int], name: str) -> int:
        if name not in figures:
            raise Absent(Missing.NOT_AVAILABLE)
        return figures[name]
