"""What registers and lists tell of the counterparties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from scoring.inputs.bank_side import Known, days, of_pairs
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.inputs.pairs import Pairs
from scoring.measure import derived
from scoring.value import NOT_AVAILABLE, Bools, Floats

OWNERSHIPS = ("government", "state", "listed", "foreign", "private", "individual")
_GONE = ("revoked", "cancelled")


@dataclass(frozen=True, eq=False)
class Companies:
    """One figure a pair, NaN where the company is not known."""

    pairs: Pairs
    established: Floats
    """Days since 1970."""
    ownership: Floats
    """Place among ``OWNERSHIPS``."""
    grade: Floats
    gone: Bools
    """Revoked or cancelled."""
    abnormal: Bools
    """Gone, abnormal at the tax authority, or dishonest."""
    known: Bools
    gap: Floats
    """0 or why nothing is known, a firm."""

    def kind(self, word: str) -> Known:
        """The pairs with a company of an ownership."""
        return Known(self.pairs, self.ownership == OWNERSHIPS.index(word), self.gap)


@derived
def companies(batch: Batch, sales: Side) -> Companies:
    """The register's rows on counterparties, by pair."""
    rows, pairs = batch.rows("counterparty"), sales.pairs
    row_of: dict[tuple[int, str | None], int] = {key: row for row, key in enumerate(rows.keyed("company_id"))}
    at = np.array([row_of.get(key, -1) for key in pairs.keyed], dtype=np.int64)
    ownership = rows.words("ownership", OWNERSHIPS).astype(np.float64)
    gone = rows.among("status", *_GONE)
    dishonest = rows.true("dishonest")
    abnormal = gone | dishonest | rows.among("tax_status", "abnormal", "cancelled")
    return Companies(
        pairs,
        _picked(rows.day("established_on"), at),
        _picked(np.where(ownership < len(OWNERSHIPS), ownership, np.nan), at),
        _picked(rows.number("grade"), at),
        _picked(gone.astype(np.float64), at) == 1,
        _picked(abnormal.astype(np.float64), at) == 1,
        at >= 0,
        batch.gap("counterparty"),
    )


def _picked(column: Floats, at: np.ndarray) -> Floats:
    """A column's value for each pair, NaN for −1."""
    return cast(Floats, np.append(column, np.nan)[at])


@derived
def abnormal_pairs(companies: Companies, batch: Batch) -> Known:
    """Companies on a list of abnormal ones by ``as_of`` (非正常/吊销/失信), the bank's or the register's."""
    pairs = companies.pairs
    lists = [context.abnormal for context in batch.contexts]
    listed = [
        (found := lists[firm]) is not None and key in found and found[key] <= batch.as_of[firm]
        for firm, key in pairs.keyed
    ]
    told = np.array([found is not None for found in lists])
    return Known(
        pairs,
        np.array(listed, dtype=np.bool_) | companies.abnormal,
        np.where(told | ~np.isnan(companies.gap), 0.0, NOT_AVAILABLE),
    )


@derived
def established(companies: Companies, batch: Batch) -> tuple[Floats, Floats]:
    """The day on which each pair's company was registered, and 0 or ``NOT_AVAILABLE`` a firm."""
    lists = [context.registered for context in batch.contexts]
    listed, gap = of_pairs(companies.pairs, lists, days)
    found = np.where(np.isnan(listed), companies.established, listed)
    return found, np.where(np.isnan(companies.gap), gap, 0.0)
