"""The cards of a policy as arrays, so that all columns are put into their bins at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

import numpy as np

from scoring.facts import COLUMNS
from scoring.policy.cards import Bins, SubModelCard
from scoring.policy.model import Policy
from scoring.value import REASONS, Bools, Codes, Floats, Ints

MONTHS_OF_QUARTER = 3


@dataclass(frozen=True, eq=False)
class Sheet:
    """One row a scored column, sub-model after sub-model."""

    keys: tuple[str, ...]
    place: Ints
    """Where each column stands in the catalogue."""
    weight: Floats
    edges: Floats
    """Shape (most edges, columns), filled up with infinity."""
    bins: Floats
    """The points of the bins, then those of each missing type by its code."""
    per_period: Bools
    submodel: Ints
    """Which sub-model each row is of, by number."""
    rows: Mapping[str, slice]
    """The rows of each sub-model."""

    def points(self, numbers: Floats, codes: Codes, *, quarterly: bool) -> Floats:
        """The points of the bin that each column's number, or its missing type, falls into."""
        scaled = np.where(self.per_period, numbers * MONTHS_OF_QUARTER, numbers) if quarterly else numbers
        reached = np.add.reduce(self.edges <= scaled, axis=0)
        bin_of = np.where(codes, len(self.edges) + codes, reached)
        return self.bins[self._each, bin_of]

    @cached_property
    def starts(self) -> Ints:
        """The first row of each sub-model."""
        return np.array([rows.start for rows in self.rows.values()])

    @cached_property
    def _each(self) -> Ints:
        return np.arange(len(self.keys))


@lru_cache(maxsize=8)
def sheet(policy: Policy) -> Sheet:
    """The sheet of a policy's cards."""
    cards = [(card, key, bins) for card in policy.submodels.values() for key, bins in card.columns.items()]
    most = max(len(bins.edges) for _, _, bins in cards)
    place = {key: at for at, key in enumerate(COLUMNS)}
    sizes = [len(card.columns) for card in policy.submodels.values()]
    rows = [slice(*span) for span in pairwise(accumulate(sizes, initial=0))]
    return Sheet(
        keys=tuple(key for _, key, _ in cards),
        place=np.array([place[key] for _, key, _ in cards]),
        weight=np.array([bins.weight for _, _, bins in cards]),
        edges=np.array([_filled(bins.edges, most, np.inf) for _, _, bins in cards]).T.copy(),
        bins=np.array([_row(card, bins, most) for card, _, bins in cards]),
        per_period=np.array([bins.per_period for _, _, bins in cards]),
        submodel=np.repeat(np.arange(len(sizes)), sizes),
        rows=dict(zip(policy.submodels, rows, strict=True)),
    )


def _row(card: SubModelCard, bins: Bins, most: int) -> tuple[float, ...]:
    missing = (bins.missing.get(reason, card.missing[reason]) for reason in REASONS)
    return (*_filled(bins.points, most + 1, np.nan), *missing)


def _filled(numbers: tuple[float, ...], length: int, filling: float) -> tuple[float, ...]:
    return (*numbers, *[filling] * (length - len(numbers)))
