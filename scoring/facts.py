"""One borrower at one decision: its place in a batch, of one unless others are measured with it, and what
rules read beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property

from schema.dataset import Missing
from schema.snapshot import Snapshot
from scoring.context import Context
from scoring.indicators import CATALOGUE
from scoring.inputs.batch import Batch, gather, why_absent
from scoring.inputs.declared import Declared
from scoring.inputs.master import Master
from scoring.measure import FIGURES, Measured, measure
from scoring.policy.model import Measurement
from scoring.value import Floats, Value

COLUMNS = tuple(key for entry in CATALOGUE.values() for key in entry.columns)
"""Every column of the catalogue."""


def everything(batch: Batch) -> Measured:
    """Every column of the catalogue and every figure, for all firms of a batch."""
    return measure(batch)


def some(batch: Batch, columns: tuple[str, ...]) -> Measured:
    """Just these columns and figures, in this order, with the values that ``everything`` has for them."""
    return measure(batch, columns)


class Facts:
    """Read-only view of a snapshot for one decision. ``decided_at`` must be aware."""

    def __init__(
        self,
        snapshot: Snapshot,
        context: Context,
        decided_at: datetime,
        measurement: Measurement,
        shared: tuple[Batch, int] | None = None,
    ) -> None:
        """``shared`` is a batch that holds this firm, and its place there."""
        self.snapshot = snapshot
        self.context = context
        self.decided_at = decided_at
        self.measurement = measurement
        self.batch, self.firm = shared or (gather([snapshot], [context], decided_at, measurement), 0)
        self.as_of: date = self.batch.as_of[self.firm]

    @cached_property
    def measured(self) -> Measured:
        return everything(self.batch)

    @property
    def numbers(self) -> Floats:
        """The columns of the catalogue, missing ones as typed NaN."""
        return self.measured.matrix[: len(COLUMNS), self.firm]

    @cached_property
    def figures(self) -> dict[str, Value]:
        """Figures beside the catalogue."""
        return self.measured.of(self.firm, FIGURES)

    def why_absent(self, table: str) -> Missing | None:
        """Why a table is not there, or None when it is."""
        return why_absent(self.snapshot, table, self.decided_at, self.measurement.stale_days)

    @property
    def quarterly(self) -> bool:
        """Whether VAT is filed by the quarter."""
        declared: Declared = self.measured.derived("declared")
        return bool(declared.quarterly[self.firm])

    def registered(self, field: str) -> str | None:
        """A text of the tax authority's master record; None when it is not there."""
        if self.why_absent("taxpayer") is not None:
            return None
        master: Master = self.measured.derived("master")
        return master.text(field)[self.firm]


def together(
    snapshots: Sequence[Snapshot], contexts: Sequence[Context], decided_at: datetime, measurement: Measurement
) -> list[Facts]:
    """The facts of some firms, measured at once."""
    batch = gather(snapshots, contexts, decided_at, measurement)
    measured = everything(batch)
    found = [
        Facts(snapshot, context, decided_at, measurement, (batch, firm))
        for firm, (snapshot, context) in enumerate(zip(snapshots, contexts, strict=True))
    ]
    for facts in found:
        facts.measured = measured
    return found
