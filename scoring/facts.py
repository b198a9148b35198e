"""The facts of one borrower at one decision: every source read once, point in time, each on first use.

A row counts when it happened by ``as_of`` and was fetched by the decision; a partial month never counts.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from typing import Any, TypeVar

import polars as pl

from schema.dataset import Dataset, Missing
from schema.period import last_full_month_end, month_end
from schema.snapshot import Snapshot
from scoring.context import Benchmark, Context
from scoring.inputs import filings
from scoring.inputs.filings import Declared, Return
from scoring.inputs.invoices import Side, sides
from scoring.inputs.items import Items, items
from scoring.inputs.money_flows import Flows, Payments
from scoring.inputs.statements import Statements
from scoring.policy.model import Measurement
from scoring.value import Absent

FEN = 100.0
"""Fen a yuan."""

BEIJING = timezone(timedelta(hours=8))
T = TypeVar("T")

_DATASET_OF = {
    "taxpayer": Dataset.TAXPAYER,
    "tax_credit_rating": Dataset.TAX_CREDIT_RATING,
    "tax_return": Dataset.TAX_RETURN,
    "tax_return_line": Dataset.TAX_RETURN,
    "invoice": Dataset.INVOICE,
    "invoice_line": Dataset.INVOICE,
}

_TABLE_OF_SOURCE = {
    "INV": "invoice",
    "ITM": "invoice_line",
    "DEC": "tax_return",
    "PAY": "tax_payment",
    "FIN": "financial_statement",
    "TXN": "bank_transaction",
    "ELE": "electricity_bill",
}
"""Source codes of the catalogue that one table answers. The others are checked where they are used."""


class Facts:
    """Lazy, read-only view of a snapshot for measurement. ``decided_at`` must be aware."""

    def __init__(
        self, snapshot: Snapshot, context: Context, decided_at: datetime, measurement: Measurement
    ) -> None:
        if decided_at.tzinfo is None:
            raise ValueError("a decision time needs its zone")
        self.snapshot = snapshot
        self.context = context
        self.decided_at = decided_at
        self.measurement = measurement
        day = snapshot.as_of
        self.as_of: date = day if day == month_end(day) else last_full_month_end(day)
        fetched_at = snapshot.fetched_at
        self.today: date = decided_at.astimezone(BEIJING).date()
        self.stale = decided_at - fetched_at > timedelta(days=measurement.stale_days)

    def why_absent(self, table: str) -> Missing | None:
        """Why a table is not there, or None when it is."""
        dataset = _DATASET_OF.get(table)
        if dataset is not None and dataset in self.snapshot.missing:
            return self.snapshot.missing[dataset]
        if table not in self.snapshot.tables:
            return Missing.NOT_AVAILABLE if dataset is None else Missing.NOT_AUTHORISED
        return Missing.STALE if self.stale else None

    def require(self, source: str) -> None:
        """Raises ``Absent`` when the table behind a source code of the catalogue is not there."""
        table = _TABLE_OF_SOURCE.get(source)
        if table is not None and (reason := self.why_absent(table)) is not None:
            raise Absent(reason)

    def known(self, table: str, event: str) -> pl.DataFrame:
        """The rows that happened by ``as_of`` and were fetched by the decision. Raises ``Absent`` without
        the table."""
        if (reason := self.why_absent(table)) is not None:
            raise Absent(reason)
        by_as_of = pl.col(event) < self.as_of + timedelta(days=1)
        return self.snapshot.table(table).filter(by_as_of & self._fetched)

    @property
    def _fetched(self) -> pl.Expr:
        """Rows fetched by the decision."""
        return pl.col("fetched_at").is_null() | (pl.col("fetched_at") <= self.decided_at)

    def _aged(self, table: str, event: str) -> pl.DataFrame:
        """Known rows with ``age`` in months."""
        day = pl.col(event)
        return self.known(table, event).with_columns(
            age=(self.as_of.year * 12 + self.as_of.month)
            - (day.dt.year().cast(pl.Int64) * 12 + day.dt.month())
        )

    # --- invoices

    @cached_property
    def _sides(self) -> tuple[Side, Side]:
        return sides(self.known("invoice", "issued_at"), self.as_of)

    @property
    def sales(self) -> Side:
        """Invoices issued (销项)."""
        return self._sides[0]

    @property
    def purchases(self) -> Side:
        """Invoices received (进项)."""
        return self._sides[1]

    @cached_property
    def items(self) -> Items:
        if (reason := self.why_absent("invoice_line")) is not None:
            raise Absent(reason)
        lines = self.snapshot.table("invoice_line")
        return items(lines, self.sales, self.purchases, self.measurement.item_class_digits)

    # --- the tax authority

    @cached_property
    def returns(self) -> list[Return]:
        """The returns that stand. One without a filing date counts from its due date."""
        self.require("DEC")
        filed_on = pl.coalesce("event_date", "due_on", "period_end")
        known = self.snapshot.table("tax_return").filter(
            (filed_on <= self.as_of) & (pl.col("period_end") <= self.as_of) & self._fetched
        )
        return filings.effective(known, self.snapshot.table("tax_return_line"))

    @cached_property
    def declared(self) -> Declared:
        """The VAT returns (增值税申报)."""
        return filings.declared(self.returns, self.as_of, self.measurement.filing_lag_months)

    @cached_property
    def payments(self) -> Payments:
        return Payments(self._aged("tax_payment", "event_date").drop_nulls("amount_fen"))

    @cached_property
    def statements(self) -> Statements:
        frame = self._aged("financial_statement", "event_date").filter(pl.col("period_end") <= self.as_of)
        limits = self.measurement
        return Statements(frame, self.as_of, limits.statement_stale_months, limits.statement_least_months)

    @cached_property
    def taxpayer(self) -> dict[str, Any]:
        """The master record (纳税人登记信息). Raises ``Absent``."""
        if (reason := self.why_absent("taxpayer")) is not None:
            raise Absent(reason)
        known = self.snapshot.table("taxpayer").filter(self._fetched).sort("fetched_at", nulls_last=False)
        if known.is_empty():
            raise Absent(Missing.INSUFFICIENT)
        return known.row(-1, named=True)

    def registered(self, field: str) -> Any:
        """A field of the master record; ``NOT_AVAILABLE`` when the portal left it empty."""
        value = self.taxpayer[field]
        if value is None:
            raise Absent(Missing.NOT_AVAILABLE)
        return value

    # --- bank statements, bills, bank-side facts

    @cached_property
    def flows(self) -> Flows:
        return Flows(self._aged("bank_transaction", "event_date").drop_nulls("amount_fen"))

    @cached_property
    def energy_month(self) -> list[tuple[int, float]]:
        """Age in months and kWh of each electricity bill, newest first."""
        rows = self._aged("electricity_bill", "month").drop_nulls("energy_kwh").sort("age", "energy_kwh")
        return rows.select("age", "energy_kwh").rows()

    @cached_property
    def insured_by_month(self) -> list[tuple[int, int]]:
        """Age in months and insured persons (参保人数), newest first; ``INSUFFICIENT`` without a count."""
        rows = (
            self._aged("social_insurance", "month").drop_nulls("insured_count").sort("age", "insured_count")
        )
        if rows.is_empty():
            raise Absent(Missing.INSUFFICIENT)
        return rows.select("age", "insured_count").rows()

    @property
    def benchmark(self) -> Benchmark:
        return self.given(self.context.benchmark)

    @staticmethod
    def given(fact: T | None) -> T:
        """A bank-side fact; ``NOT_AVAILABLE`` when nobody gave it."""
        if fact is None:
            raise Absent(Missing.NOT_AVAILABLE)
        return fact
