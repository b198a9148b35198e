"""What the bank itself knows, as one number a firm or a pair. Not told is ``NOT_AVAILABLE``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import numpy as np

from scoring.context import Context
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.inputs.items import Lines
from scoring.inputs.pairs import Pairs
from scoring.measure import derived, figure
from scoring.value import NOT_AVAILABLE, Bools, Floats

T = TypeVar("T")


def given(batch: Batch, read: Callable[[Context], float | None]) -> Floats:
    """A number of each firm's context."""
    found = (read(context) for context in batch.contexts)
    return np.array([NOT_AVAILABLE if number is None else number for number in found], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Bench:
    """The industry benchmarks of a batch."""

    batch: Batch

    def number(self, name: str) -> Floats:
        """A plain figure of the benchmark."""
        return self.batch.kept(
            ("benchmark", name),
            lambda: given(self.batch, lambda context: getattr(context.benchmark, name, None)),
        )

    def norm(self, name: str) -> tuple[Floats, Floats]:
        """Mean and deviation of a norm."""

        def read(part: str) -> Floats:
            return given(
                self.batch, lambda context: getattr(getattr(context.benchmark, name, None), part, None)
            )

        return self.batch.kept(("norm", name), lambda: (read("mean"), read("deviation")))

    def place(self, column: str, found: Floats) -> Floats:
        """Where a value stands among its peers, 0 to 1."""
        quantiles = [
            context.benchmark.peers.get(column) if context.benchmark else None
            for context in self.batch.contexts
        ]
        return placed(quantiles, found)

    def table(self, name: str) -> list[Any]:
        """A mapping or a set of each firm's benchmark, None where it is not told."""
        return [getattr(context.benchmark, name, None) for context in self.batch.contexts]


def placed(quantiles: list[tuple[float, ...] | None], found: Floats) -> Floats:
    """The part of the quantiles that lie below each value."""
    part = [
        NOT_AVAILABLE if not bounds else np.searchsorted(bounds, number, side="right") / len(bounds)
        for bounds, number in zip(quantiles, found.tolist(), strict=True)
    ]
    return np.where(np.isnan(found), found, np.array(part, dtype=np.float64))


def largest_class(lines: Lines) -> list[str | None]:
    """The item class that each firm sells most, None without one."""
    found: list[str | None] = [None] * lines.firms
    order = np.argsort(lines.fen, kind="stable").tolist()
    classes, firms = lines.class_of, lines.firm_of.tolist()
    for place in order:
        found[firms[place]] = classes[place]
    return found


@derived
def bench(batch: Batch) -> Bench:
    """The industry benchmarks."""
    return Bench(batch)


def of_pairs(
    pairs: Pairs, told: list[Mapping[str, T] | None], read: Callable[[T | None], float]
) -> tuple[Floats, Floats]:
    """A number a pair out of its firm's mapping, and 0 or ``NOT_AVAILABLE`` a firm."""
    answer = [
        read(None if (mapping := told[firm]) is None else mapping.get(key)) for firm, key in pairs.keyed
    ]
    gap = np.array([NOT_AVAILABLE if mapping is None else 0.0 for mapping in told])
    return np.array(answer, dtype=np.float64), gap


@dataclass(frozen=True, eq=False)
class Known:
    """A flag a pair, and 0 or the reason a firm why it is not known."""

    pairs: Pairs
    flag: Bools
    gap: Floats

    def share(self, side: Side, months: int) -> Floats:
        """The flagged pairs' part of a side's positive amounts."""
        return self.gap + self.pairs.share(side.net(0, months), self.flag)


def flagged(pairs: Pairs, sets: Sequence[Set[str] | None]) -> Known:
    """The pairs whose key is in their firm's set."""
    flag = [(keys := sets[firm]) is not None and key in keys for firm, key in pairs.keyed]
    gap = np.array([NOT_AVAILABLE if keys is None else 0.0 for keys in sets])
    return Known(pairs, np.array(flag, dtype=np.bool_), gap)


def days(told: date | None) -> float:
    """Days since 1970."""
    return np.nan if told is None else float((told - date(1970, 1, 1)).days)


@figure("INV")
def controlled_invoice_cnt(purchases: Side, batch: Batch) -> Floats:
    """Blue invoices received that are under control (失控发票)."""
    lists = [context.controlled_numbers for context in batch.contexts]
    counts = np.where([numbers is None for numbers in lists], NOT_AVAILABLE, 0.0)
    if any(lists):
        place = purchases.place[purchases.blue]
        firms = purchases.firm[purchases.blue].tolist()
        texts = purchases.rows.texts("number")
        numbers = [texts[row] for row in place.tolist()]
        for firm, number in zip(firms, numbers, strict=True):
            counts[firm] += number in (lists[firm] or ())
    return counts


@figure()
def licence_mismatch(batch: Batch) -> Floats:
    """1 when the licence is not the one on record."""
    return given(
        batch,
        lambda context: None if context.licence_matches is None else float(not context.licence_matches),
    )


@figure()
def days_since_decline(batch: Batch) -> Floats:
    """Days from our last decline to the decision."""
    today = batch.today
    return given(
        batch,
        lambda context: (
            None if context.last_declined_on is None else float((today - context.last_declined_on).days)
        ),
    )
