"""A batch: the snapshots of some firms at one decision, table by table, firm after firm.

A row counts when it happened by its firm's ``as_of`` and was fetched by the decision; a partial month never
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl

from schema.clock import BEIJING
from schema.dataset import Missing
from schema.period import last_full_month_end, month_end
from schema.snapshot import TABLES_OF, Snapshot
from schema.tables import empty
from scoring.context import Context
from scoring.inputs.rows import Rows
from scoring.policy.model import Measurement
from scoring.value import CODE_OF, NANS, Floats, Ints

T = TypeVar("T")
_DATASET_OF = {table: dataset for dataset, tables in TABLES_OF.items() for table in tables}

TABLE_OF: dict[str, str] = {
    "INV": "invoice",
    "ITM": "invoice_line",
    "DEC": "tax_return",
    "PAY": "tax_payment",
    "TPR": "taxpayer",
    "TCR": "tax_credit_rating",
    "VIO": "tax_violation",
    "FIN": "financial_statement",
    "TXN": "bank_transaction",
    "ENT": "registration",
    "SHR": "registration_shareholder",
    "CHG": "registration_change",
    "NEG": "registration_adverse",
    "JUD": "judicial_case",
    "EXE": "enforcement",
    "CRE": "credit_report",
    "CRP": "credit_report",
    "ELE": "electricity_bill",
    "SOC": "social_insurance",
    "IPR": "intellectual_property",
}
"""Source codes of the catalogue and the table without which the source is not there."""

_OF_CONTEXT = {"IND": "benchmark", "REG": "place", "SCN": "scene", "LON": "own_loans"}
"""Source codes that the bank itself answers, and the field of ``Context``."""

_HAPPENED = {"invoice": "issued_at", "tax_return": "period_end"}
"""The column that says when a row happened, where it is not ``event_date`` or ``month``."""


@dataclass(frozen=True, eq=False)
class Batch:
    """``heights`` tells how many rows of a table each firm has, in the firms' order."""

    tables: Mapping[str, pl.DataFrame]
    heights: Mapping[str, Ints]
    missing: Mapping[str, Ints]
    """Table to the code of the reason why a firm has not got it, 0 where it has."""
    as_of: tuple[date, ...]
    decided_at: datetime
    taxpayers: tuple[str, ...]
    regions: tuple[str, ...]
    contexts: tuple[Context, ...]
    measurement: Measurement
    _read: dict[str, Rows] = field(default_factory=dict)
    _kept: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def firms(self) -> int:
        return len(self.as_of)

    @property
    def today(self) -> date:
        """The day of the decision in Beijing."""
        return self.decided_at.astimezone(BEIJING).date()

    @cached_property
    def last_day(self) -> Ints:
        """``as_of`` in days since 1970."""
        return np.array(self.as_of, dtype="M8[D]").astype(np.int64)

    @cached_property
    def last_month(self) -> Ints:
        """``as_of`` in months since year 0."""
        return np.array([day.year * 12 + day.month - 1 for day in self.as_of], dtype=np.int64)

    def rows(self, table: str) -> Rows:
        """The known rows of a table."""
        if table not in self._read:
            frame = self.tables.get(table)
            if frame is None:
                frame, heights = _empty(table), np.zeros(self.firms, dtype=np.int64)
            else:
                heights = self.heights[table]
            self._read[table] = self._known(table, frame, heights)
        return self._read[table]

    def kept(self, key: Hashable, decode: Callable[[], T]) -> T:
        """What the contexts were decoded to under a key."""
        if key not in self._kept:
            self._kept[key] = decode()
        return cast(T, self._kept[key])

    def _known(self, table: str, frame: pl.DataFrame, heights: Ints) -> Rows:
        firm = np.repeat(np.arange(self.firms), heights)
        rows = Rows(frame, firm, self.last_day, self.last_month)
        if not len(rows):
            return rows
        happened = next(
            (name for name in (_HAPPENED.get(table, "event_date"), "month") if name in frame.columns), None
        )
        late = rows.number("fetched_at") > self.decided_at.timestamp() * 1e6
        if happened is not None:
            late |= rows.day(happened) > self.last_day[firm]
        return rows.where(~late) if late.any() else rows

    def why(self, sources: Sequence[str]) -> Ints:
        """The first reason among the sources, or tables, that a firm has not got; 0 where it has them all."""
        return self.kept(("why", *sources), lambda: self._first_reason(sources))

    def _first_reason(self, sources: Sequence[str]) -> Ints:
        found = np.zeros(self.firms, dtype=np.int64)
        for source in sources:
            found = np.where(found, found, self._why(source))
        return found

    def masked(self, found: Floats, *sources: str) -> Floats:
        """A figure, or why one of its sources is not there."""
        reason = self.why(sources)
        return np.where(reason > 0, NANS[reason], found)

    def gap(self, *sources: str) -> Floats:
        """0, or why one of the sources is not there."""
        return self.kept(("gap", *sources), lambda: self.masked(np.zeros(self.firms), *sources))

    def _why(self, source: str) -> Ints:
        table = TABLE_OF.get(source, source)
        if table in self.missing:
            return self.missing[table]
        told = [getattr(context, _OF_CONTEXT[source]) is not None for context in self.contexts]
        return np.where(told, 0, CODE_OF[Missing.NOT_AVAILABLE])


_empty = cache(empty)


def why_absent(snapshot: Snapshot, table: str, decided_at: datetime, stale_days: int) -> Missing | None:
    """Why a table is not there, or None when it is."""
    dataset = _DATASET_OF.get(table)
    if dataset is not None and dataset in snapshot.missing:
        return snapshot.missing[dataset]
    if table not in snapshot.tables:
        return Missing.NOT_AUTHORISED
    return Missing.STALE if decided_at - snapshot.fetched_at > timedelta(days=stale_days) else None


def gather(
    snapshots: Sequence[Snapshot],
    contexts: Sequence[Context],
    decided_at: datetime,
    measurement: Measurement,
) -> Batch:
    """The batch of some snapshots. Raises ``ValueError`` when ``decided_at`` has no zone."""
    if decided_at.tzinfo is None:
        raise ValueError("a decision time needs its zone")
    names = sorted({name for snapshot in snapshots for name in snapshot.tables})
    tables = {
        name: [snapshot.tables[name] for snapshot in snapshots if name in snapshot.tables] for name in names
    }
    return Batch(
        tables={
            name: frames[0] if len(frames) == 1 else pl.concat(frames) for name, frames in tables.items()
        },
        heights={
            name: np.array(
                [snapshot.tables[name].height if name in snapshot.tables else 0 for snapshot in snapshots]
            )
            for name in names
        },
        missing={
            name: np.array(
                [_code(snapshot, name, decided_at, measurement.stale_days) for snapshot in snapshots]
            )
            for name in _DATASET_OF
        },
        as_of=tuple(
            day if day == month_end(day) else last_full_month_end(day)
            for day in (snapshot.as_of for snapshot in snapshots)
        ),
        decided_at=decided_at,
        taxpayers=tuple(snapshot.taxpayer_id for snapshot in snapshots),
        regions=tuple(snapshot.region for snapshot in snapshots),
        contexts=tuple(contexts),
        measurement=measurement,
    )


def _code(snapshot: Snapshot, table: str, decided_at: datetime, stale_days: int) -> int:
    reason = why_absent(snapshot, table, decided_at, stale_days)
    return 0 if reason is None else CODE_OF[reason]
