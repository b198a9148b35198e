"""What one check of a snapshot is, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from normalizers.reconciliation.books import Books
from schema.dataset import Dataset, Missing
from schema.snapshot import Severity

MOST_EVIDENCE = 20


class Outcome(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Compared:
    """Both sides of a check, a row a thing compared: the columns that name it (the first two of them are
    shown), ``left_fen``, ``right_fen`` (Int64, null where there is none) and ``differs``. ``tolerance`` in
    words."""

    rows: pl.DataFrame
    tolerance: str


@dataclass(frozen=True)
class Absent:
    """Why a check could not be made: a dataset that is not there, or rows that do not carry what it needs."""

    reason: Missing
    needs: str


@dataclass(frozen=True)
class Check:
    """``code`` names the check for ever; ``left`` and ``right`` are what its two figures are, in Chinese and
    English."""

    code: str
    zh: str
    en: str
    left: tuple[str, str]
    right: tuple[str, str]
    dataset: Dataset
    severity: Severity
    needs: tuple[str, ...]
    """Tables that must be there and have rows."""
    compare: Callable[[Books], Compared | Absent]


@dataclass(frozen=True)
class Result:
    """What a check found. Sums in fen over all rows compared; ``evidence`` is the worst rows, at most
    ``MOST_EVIDENCE``, each with what names it, both figures, and where it came from when it is one row of a
    table (``raw_ref``, ``pointer``)."""

    check: Check
    outcome: Outcome
    tolerance: str = ""
    compared: int = 0
    differing: int = 0
    left_fen: int = 0
    right_fen: int = 0
    evidence: tuple[dict[str, Any], ...] = ()
    absent: Absent | None = None


def carried_out(check: Check, books: Books) -> Result:
    """The check over this snapshot."""
    lacking = books.lack(*check.needs)
    found = Absent(*lacking) if lacking else check.compare(books)
    if isinstance(found, Absent):
        return Result(check, Outcome.NOT_CHECKED, absent=found)
    rows = found.rows
    differing = rows.filter("differs")
    worst = differing.sort(
        (pl.col("left_fen").fill_null(0) - pl.col("right_fen").fill_null(0)).abs(), descending=True
    ).head(MOST_EVIDENCE)
    return Result(
        check,
        Outcome.DIFFERS if differing.height else Outcome.AGREES,
        tolerance=found.tolerance,
        compared=rows.height,
        differing=differing.height,
        left_fen=int(rows["left_fen"].sum()),
        right_fen=int(rows["right_fen"].sum()),
        evidence=tuple(worst.drop("differs").to_dicts()),
    )


def apart(left: pl.Expr, right: pl.Expr, *, share: float = 0.0, fen: int = 0) -> pl.Expr:
    """Whether two figures are further apart than a share of the larger, or than so many fen."""
    allowed = pl.max_horizontal(left.abs(), right.abs()) * share
    return (left - right).abs() > pl.max_horizontal(allowed, pl.lit(float(fen)))
