"""Pairs of a firm and a counterparty: codes for rows, and what a pair's key alone tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import polars as pl

from scoring.inputs.parties import INDIVIDUAL, party_key, province
from scoring.inputs.rows import encode
from scoring.series import distinct, known_or, ratio, segment_sum
from scoring.value import Bools, Floats, Ints

_key = lru_cache(maxsize=1 << 18)(party_key)
_province = lru_cache(maxsize=1 << 18)(province)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Each pair's firm and key, in the order of firm and key."""

    firms: int
    firm: Ints
    keys: list[str]

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def keyed(self) -> list[tuple[int, str]]:
        """Firm and key of each pair."""
        return list(zip(self.firm.tolist(), self.keys, strict=True))

    @cached_property
    def individual(self) -> Bools:
        """Natural persons, who share one key."""
        return self.of(lambda key: key == INDIVIDUAL)

    @cached_property
    def provinces(self) -> list[str | None]:
        return [_province(key) for key in self.keys]

    def of(self, read: Callable[[str], bool]) -> Bools:
        """A flag a pair, by its key."""
        return np.fromiter(map(read, self.keys), dtype=np.bool_, count=len(self.keys))

    def sum(self, found: Floats) -> Floats:
        """The sum a firm."""
        return segment_sum(self.firm, self.firms, found)

    def count(self, mask: Bools) -> Floats:
        """How many a firm."""
        return segment_sum(self.firm[mask], self.firms)

    def share(self, net: Floats, members: Bools) -> Floats:
        """The members' part of the positive amounts of each firm; ``INSUFFICIENT`` without any."""
        positive = np.maximum(net, 0)
        return ratio(self.sum(positive * members), self.sum(positive))

    def mean(self, net: Floats, found: Floats) -> Floats:
        """The mean of a figure, weighted by positive amounts, over the pairs that have one."""
        weight = np.maximum(net, 0) * ~np.isnan(found)
        return ratio(self.sum(weight * known_or(found, 0.0)), self.sum(weight))

    def herfindahl(self, net: Floats) -> Floats:
        """Σ share² over positive amounts."""
        positive = np.maximum(net, 0)
        total = self.sum(positive)
        return ratio(self.sum(positive * positive), total * total)

    def rank(self, net: Floats) -> Ints:
        """The place of each pair within its firm, the largest amount 0."""
        order = np.lexsort((-net, self.firm))
        first = np.searchsorted(self.firm, self.firm, side="left")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - first
        return place

    @cached_property
    def places(self) -> Ints:
        """A code of each pair's province, −1 where it is not known."""
        codes = {place: code for code, place in enumerate(sorted({*self.provinces} - {None}, key=str))}
        return np.array([codes.get(place, -1) for place in self.provinces], dtype=np.int64)


def pair_up(frame: pl.DataFrame, firm: Ints, firms: int) -> tuple[Pairs, Ints]:
    """The pairs of an invoice table, and the pair of each row: −1 where nobody is named.

    A counterparty is known by its id, else by its folded name.
    """
    issued = pl.col("direction") == "out"
    ids = frame.select(pl.when(issued).then("buyer_id").otherwise("seller_id")).to_series()
    keys, codes = _encode(ids, lambda text: _key(text, None))
    nameless = np.flatnonzero(codes < 0)
    if nameless.size:
        name = pl.when(issued).then("buyer_name").otherwise("seller_name")
        names = frame.select(name).to_series().gather(nameless)
        more, found = _encode(names, lambda text: _key(None, text))
        codes[nameless] = np.where(found < 0, -1, found + len(keys))
        keys += more
    order, place = np.unique(np.array(keys, dtype=object), return_inverse=True)
    width = max(len(order), 1)
    named = np.flatnonzero(codes >= 0)
    cell = firm[named] * width + place[codes[named]] if keys else np.empty(0, dtype=np.int64)
    cells, found = distinct(cell, firms * width)
    pair = np.full(len(codes), -1, dtype=np.int64)
    pair[named] = found
    return Pairs(firms, cells // width, [order[code] for code in (cells % width).tolist()]), pair


def _encode(texts: pl.Series, key: Callable[[str], str | None]) -> tuple[list[str], Ints]:
    """The keys of the different texts, and the place of each row's; −1 for null, empty, or no key."""
    different, place = encode(texts)
    code_of = np.full(len(different) + 1, -1, dtype=np.int64)  # the last one answers for null
    keys: list[str] = []
    for code, text in enumerate(different):
        if text.strip() and (found := key(text)) is not None:
            code_of[code] = len(keys)
            keys.append(found)
    return keys, code_of[place]
