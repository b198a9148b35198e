"""The tax authority's master record (纳税人登记信息): the newest that was fetched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import known_or
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Floats, Ints


@dataclass(frozen=True, eq=False)
class Master:
    """One row a firm, −1 without one. A field that the portal left empty is ``NOT_AVAILABLE``."""

    rows: Rows
    row: Ints

    def _picked(self, column: Floats) -> Floats:
        found = np.append(column, np.nan)[self.row]
        return np.where(np.isnan(found), np.where(self.row < 0, INSUFFICIENT, NOT_AVAILABLE), found)

    def number(self, name: str) -> Floats:
        """A numeric field."""
        return self._picked(self.rows.number(name))

    def equals(self, name: str, word: str) -> Floats:
        """1 when a text field is the word, else 0."""
        told = self.rows.told(name)
        return self._picked(np.where(told, self.rows.among(name, word), np.nan))

    def months_since(self, name: str) -> Floats:
        """Months from a date to ``as_of``."""
        return self._picked(self.rows.age(name))

    def text(self, name: str) -> list[str | None]:
        """A text field."""
        texts = self.rows.texts(name)
        return [None if row < 0 else texts[row] for row in self.row.tolist()]


@derived
def master(batch: Batch) -> Master:
    """By the time of fetching, then by place."""
    return _newest(batch, "taxpayer")


@derived
def register(batch: Batch) -> Master:
    """The company as the market regulator registered it (工商)."""
    return _newest(batch, "registration")


def _newest(batch: Batch, table: str) -> Master:
    rows = batch.rows(table)
    row = np.full(batch.firms, -1, dtype=np.int64)
    order = np.lexsort((known_or(rows.number("fetched_at"), -1.0), rows.firm))
    row[rows.firm[order]] = order
    return Master(rows, row)
