"""A snapshot: the normalized datasets of one authorization at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import polars as pl

from schema.catalogue import TABLES_OF
from schema.dataset import Dataset, Missing
from schema.tables import empty

__all__ = ["TABLES_OF", "Finding", "Normalized", "Severity", "Snapshot"]


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """Something that a contract check or a reconciliation found. ``detail`` carries figures, never names."""

    code: str
    severity: Severity
    dataset: Dataset
    detail: str


@dataclass(frozen=True)
class Normalized:
    """One dataset in the common schema, with what was noticed on the way."""

    dataset: Dataset
    tables: dict[str, pl.DataFrame]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Bitemporal: rows carry ``event_date`` or ``issued_at``; the whole carries ``fetched_at``.

    ``missing`` names each dataset that is not here, with its reason; a table that is absent from ``tables``
    has its dataset in ``missing`` or was never asked for.
    """

    taxpayer_id: str
    region: str
    as_of: date
    fetched_at: datetime
    tables: dict[str, pl.DataFrame]
    missing: dict[Dataset, Missing] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def table(self, name: str) -> pl.DataFrame:
        """The table, or an empty one with its columns."""
        return self.tables[name] if name in self.tables else empty(name)
