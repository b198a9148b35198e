"""What an indicator is: a named measurement over the facts of one borrower, and the catalogue of them all.

A measurement answers a finite float, or raises ``Absent`` with the typed reason why not. Money is yuan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from schema.dataset import Missing
from scoring.facts import Facts
from scoring.value import Absent, Value

SAFER, RISKIER, INTERIOR, CONTEXT = "↑", "↓", "∩", "○"
"""Directions: more is safer, more is riskier, an interior optimum, context only (no points)."""


Measure = Callable[[Facts, int], float]
"""Facts and the window in months (0 for a point in time) to a value."""


@dataclass(frozen=True)
class Indicator:
    """One row of the catalogue. ``windows`` is empty at a point in time; its key is its name."""

    submodel: str
    name: str
    label: str
    windows: tuple[int, ...]
    direction: str
    sources: tuple[str, ...]
    reason_family: str
    measure: Measure

    @property
    def columns(self) -> dict[str, int]:
        """Column key to window in months."""
        return {f"{self.name}_{months}m": months for months in self.windows} or {self.name: 0}


CATALOGUE: dict[str, Indicator] = {}
"""Every indicator by name; filled when ``scoring.indicators`` is imported."""


def submodel(submodel_name: str) -> Callable[..., Callable[[Measure], Measure]]:
    """The ``@indicator(...)`` decorator of one sub-model."""

    def indicator(
        name: str, label: str, *, windows: tuple[int, ...], direction: str, sources: str, reason_family: str
    ) -> Callable[[Measure], Measure]:
        def register(measure: Measure) -> Measure:
            CATALOGUE[name] = Indicator(
                submodel_name,
                name,
                label,
                windows,
                direction,
                tuple(sources.split(",")),
                reason_family,
                measure,
            )
            return measure

        return register

    return indicator


def measure_all(facts: Facts) -> dict[str, Value]:
    """Every column of the catalogue. Never raises ``Absent``; never answers NaN or infinity."""
    return {
        key: _value(entry, facts, months)
        for entry in CATALOGUE.values()
        for key, months in entry.columns.items()
    }


def _value(entry: Indicator, facts: Facts, months: int) -> Value:
    try:
        for source in entry.sources:
            facts.require(source)
        value = float(entry.measure(facts, months))
    except Absent as nothing:
        return nothing.reason
    return value if math.isfinite(value) else Missing.INSUFFICIENT
