"""The matrix that is fitted on: one row a firm, one column an indicator, missing ones typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from scoring.context import Context
from scoring.facts import everything
from scoring.indicators import CATALOGUE
from scoring.inputs.batch import gather
from scoring.measure import CONTEXT
from scoring.policy.loader import load
from scoring.training.firms import Firms, decided
from scoring.value import Bools, Floats

DIRECTIONS: dict[str, str] = {
    key: entry.direction
    for entry in CATALOGUE.values()
    for key in entry.columns
    if entry.direction != CONTEXT
}
"""Every column that may earn points, and its direction."""


@dataclass(frozen=True)
class Sample:
    """``matrix`` has shape (firms, columns); a missing value is a NaN that carries its type."""

    codes: tuple[str, ...]
    columns: tuple[str, ...]
    matrix: Floats
    bad: Bools | None
    as_of: date
    sha256: str
    """Of the files it was read from."""

    def __getitem__(self, column: str) -> Floats:
        return self.matrix[:, self.columns.index(column)]

    def rows(self, chosen: Sequence[int] | np.ndarray) -> Sample:
        """Some of the firms."""
        bad = None if self.bad is None else self.bad[chosen]
        codes = tuple(self.codes[each] for each in chosen)
        return replace(self, codes=codes, matrix=self.matrix[chosen], bad=bad)

    def only(self, columns: Sequence[str]) -> Sample:
        """Some of the columns."""
        places = [self.columns.index(each) for each in columns]
        return replace(self, columns=tuple(columns), matrix=self.matrix[:, places])


def measured(firms: Firms, as_of: date) -> Sample:
    """All columns with a direction that at least one firm has a value of, at the end of a month."""
    snapshots = firms.snapshots(as_of)
    batch = gather(snapshots, [Context()] * len(snapshots), decided(as_of), load().measurement)
    table = everything(batch)
    matrix = np.stack([table[column] for column in DIRECTIONS], axis=1)
    there = np.atleast_1d(np.isfinite(matrix).any(axis=0))
    return Sample(
        codes=firms.codes,
        columns=tuple(column for column, has in zip(DIRECTIONS, there, strict=True) if has),
        matrix=matrix[:, there],
        bad=None if firms.defaulted is None else np.array(firms.defaulted),
        as_of=as_of,
        sha256=firms.sha256,
    )


def outcomes(sample: Sample) -> Bools:
    """Who defaulted. Raises ``ValueError`` when nobody knows."""
    if sample.bad is None:
        raise ValueError("the outcomes of these firms are unknown")
    return sample.bad
