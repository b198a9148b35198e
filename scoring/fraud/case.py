"""One firm of a measured batch, as the rules read it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from scoring.context import Context
from scoring.fraud.network import Network
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.measure import Measured
from scoring.value import Bools, Ints


@dataclass(frozen=True, eq=False)
class Case:
    """``rows`` of a side are its valid blue invoices of the last 12 months; ``pairs`` those of this firm."""

    batch: Batch
    measured: Measured
    network: Network
    firm: int

    @property
    def taxpayer(self) -> str:
        return self.batch.taxpayers[self.firm]

    @property
    def context(self) -> Context:
        return self.batch.contexts[self.firm]

    @cached_property
    def sales(self) -> Side:
        return cast(Side, self.measured.derived("sales"))

    @cached_property
    def purchases(self) -> Side:
        return cast(Side, self.measured.derived("purchases"))

    @cached_property
    def pairs(self) -> Ints:
        """Companies it trades with; natural persons share one key and are left out."""
        pairs = self.sales.pairs
        mine = np.arange(*np.searchsorted(pairs.firm, [self.firm, self.firm + 1]), dtype=np.int64)
        return mine[~pairs.individual[mine]]

    def rows(self, side: Side) -> Ints:
        rows: Ints = side.year[side.year_firm == self.firm]
        return rows

    def rows_with(self, side: Side, pairs: Ints) -> Ints:
        """The rows with some of the pairs."""
        mine = self.rows(side)
        with_them: Bools = np.isin(side.pair[mine], pairs)
        return mine[with_them]

    def keys(self, pairs: Ints) -> list[str]:
        return [self.sales.pairs.keys[pair] for pair in pairs.tolist()]

    def column(self, key: str) -> float:
        """A figure of the catalogue, or its typed NaN."""
        return float(self.measured[key][self.firm])
