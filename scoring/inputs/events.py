"""Registered changes and adverse entries, counted by kind and month."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import Cube
from scoring.value import Floats, Ints

CHANGES = (
    "legal_representative",
    "shareholder",
    "address",
    "scope",
    "name",
    "executive",
    "capital",
    "industry",
)
ADVERSE = (
    "abnormal_list",
    "serious_illegal",
    "admin_penalty",
    "annual_report_late",
    "accident",
    "environment_grade",
)


@dataclass(frozen=True, eq=False)
class Changes:
    """``cuts`` are changes of capital that lower it."""

    rows: Rows
    kind: Ints
    cubes: list[Cube]
    cuts: Cube

    def of(self, kind: str) -> Cube:
        return self.cubes[CHANGES.index(kind)]

    def newest(self, kind: str) -> Floats:
        """Age of the newest change of a kind; ``INSUFFICIENT`` without one."""
        return self.rows.smallest(self.kind == CHANGES.index(kind), self.rows.age("event_date"))


@derived
def changes(batch: Batch) -> Changes:
    """Changes at the market regulator."""
    rows = batch.rows("registration_change")
    age, kind = rows.age("event_date"), rows.words("kind", CHANGES)
    lowered = rows.number("after_fen") < rows.number("before_fen")
    return Changes(
        rows,
        kind,
        rows.cubes(rows.all, age, kind, len(CHANGES)),
        rows.cube(lowered & (kind == CHANGES.index("capital")), age),
    )


@dataclass(frozen=True, eq=False)
class Adverse:
    """``fines`` are fen of penalties."""

    rows: Rows
    kind: Ints
    cubes: list[Cube]
    fines: Cube

    def of(self, kind: str) -> Cube:
        return self.cubes[ADVERSE.index(kind)]

    def active(self, kind: str) -> Floats:
        """1 while an entry of a kind lasts."""
        return self.rows.any((self.kind == ADVERSE.index(kind)) & self.rows.lasting("ended_on"))


@derived
def adverse(batch: Batch) -> Adverse:
    """Adverse entries of the register."""
    rows = batch.rows("registration_adverse")
    age, kind = rows.age("event_date"), rows.words("kind", ADVERSE)
    return Adverse(
        rows,
        kind,
        rows.cubes(rows.all, age, kind, len(ADVERSE)),
        rows.cube(kind == ADVERSE.index("admin_penalty"), age, rows.amount("amount_fen")),
    )
