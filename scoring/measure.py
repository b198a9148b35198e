"""What an indicator is, and how all of them are measured at once.

An indicator is a function whose parameters name what it depends on: a derived array, another indicator's
column, or the ``months`` of its window. Each answers one float a firm, money in yuan, or a typed NaN. A name
is measured once a batch, in an order worked out at the first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.plan import Plan, living, plan
from scoring.value import NANS, Floats, Value, codes, values

SAFER, RISKIER, INTERIOR, CONTEXT = "↑", "↓", "∩", "○"
"""Directions: more is safer, more is riskier, an interior optimum, context only (no points)."""

Measure = Callable[..., Floats]
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


@dataclass(frozen=True)
class Indicator:
    """One row of the catalogue. ``windows`` is empty at a point in time; its key is its name."""

    submodel: str
    name: str
    label: str
    windows: tuple[int, ...]
    direction: str
    sources: tuple[str, ...]
    needs: tuple[str, ...]
    """The sources without which there is no value; the others only make it better."""
    reason_family: str
    measure: Measure

    @property
    def columns(self) -> dict[str, int]:
        """Column key to window in months."""
        return {f"{self.name}_{months}m": months for months in self.windows} or {self.name: 0}


CATALOGUE: dict[str, Indicator] = {}
"""Every indicator by name; filled when ``scoring.indicators`` is imported."""

FIGURES: dict[str, tuple[str, ...]] = {}
"""Figures that rules and limits read beside the catalogue: name to the sources that it needs."""

KEPT = ("declared", "master")
"""Derived objects that are read of a measurement beside its columns."""

_NODES: dict[str, tuple[Callable[..., Any], int]] = {}


def derived(function: AnyFunction) -> AnyFunction:
    """Registers an array, or an object of arrays, under the function's name."""
    _register(function.__name__, function, 0)
    return function


def figure(needs: str = "") -> Callable[[Measure], Measure]:
    """Registers a figure that is no indicator, one float a firm. ``needs`` are source codes."""

    def register(measure: Measure) -> Measure:
        _register(measure.__name__, measure, 0)
        FIGURES[measure.__name__] = tuple(needs.split(",")) if needs else ()
        return measure

    return register


def submodel(submodel_name: str) -> Callable[..., Callable[[Measure], Measure]]:
    """The ``@indicator(...)`` decorator of one sub-model."""

    def indicator(
        label: str,
        sources: str,
        windows: tuple[int, ...],
        direction: str,
        reason_family: str,
        *,
        needs: str | None = None,
    ) -> Callable[[Measure], Measure]:
        def register(measure: Measure) -> Measure:
            told = tuple(sources.split(","))
            required = told if needs is None else tuple(filter(None, needs.split(",")))
            name = measure.__name__
            entry = Indicator(
                submodel_name, name, label, windows, direction, told, required, reason_family, measure
            )
            for key, months in entry.columns.items():
                _register(key, measure, months)
            CATALOGUE[name] = entry
            return measure

        return register

    return indicator


def _register(name: str, function: Callable[..., Any], months: int) -> None:
    if name in _NODES:
        raise ValueError(f"two functions are called {name}")
    _NODES[name] = (function, months)


@lru_cache(maxsize=16)
def _plan(columns: tuple[str, ...] | None) -> Plan:
    """The plan of some columns and figures; of all of them, and of what is kept beside, for none named."""
    needs = {key: entry.needs for entry in CATALOGUE.values() for key in entry.columns} | FIGURES
    return plan(_NODES, needs, needs, KEPT) if columns is None else plan(_NODES, needs, columns, ())


class Measured:
    """Every column and figure of a batch; a missing one is a typed NaN."""

    def __init__(self, plan: Plan, matrix: Floats, slots: list[Any]) -> None:
        self._plan, self._slots = plan, slots
        self.matrix = matrix
        """Shape (columns, firms), in the order of ``columns``."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self._plan.columns

    def __getitem__(self, key: str) -> Floats:
        """One float a firm."""
        return cast(Floats, self.matrix[self._plan.row[key]])

    def derived(self, name: str) -> Any:
        """What a derived function answered."""
        return self._slots[self._plan.slot[name]]

    def of(self, firm: int, keys: Iterable[str]) -> dict[str, Value]:
        """The values of one firm."""
        wanted = list(keys)
        column = self.matrix[[self._plan.row[key] for key in wanted], firm]
        return dict(zip(wanted, values(column), strict=True))


def measure(batch: Batch, columns: tuple[str, ...] | None = None) -> Measured:
    """All of it, or just some columns and figures and what these depend on, for all firms. Never raises for
    what the data are; never answers an infinite number."""
    made = _plan(columns)
    why = batch.kept(("why", made), lambda: np.stack([batch.why(needs) for needs in made.needs]))
    dead = batch.kept(("dead", made), lambda: tuple(np.flatnonzero((why != 0).all(axis=1)).tolist()))
    masked: list[bool] = (why != 0).any(axis=1).tolist()
    caps = batch.kept(("caps", made), lambda: _caps(made, batch.measurement.caps))
    slots: list[Any] = [None] * made.slots
    slots[0] = batch
    for slot, window in made.windows:
        slots[slot] = window
    with np.errstate(all="ignore"):
        for function, arguments, slot, needs in living(made, dead):
            found = function(*map(slots.__getitem__, arguments))
            if needs >= 0 and masked[needs]:
                found = np.where(why[needs], NANS[why[needs]], found)
            slots[slot] = found
        nothing = np.full(batch.firms, np.nan)
        read = [slots[made.slot[key]] for key in made.columns]
        read = [nothing if column is None else column for column in read]
        matrix = np.concatenate(read, dtype=np.float64).reshape(len(read), batch.firms)
        matrix = np.clip(matrix, -caps, caps)
    reason = why[list(made.needs_of)]
    matrix = np.where(reason, NANS[reason], matrix)
    known = np.isfinite(matrix)
    matrix[~known] = NANS[codes(matrix[~known])]
    return Measured(made, matrix, slots)


def _caps(plan: Plan, caps: Mapping[str, float]) -> Floats:
    """The magnitude that each column is clipped at, shape (columns, 1)."""
    bounds = np.full((len(plan.columns), 1), np.inf)
    for name, cap in caps.items():
        for key in CATALOGUE[name].columns.keys() & plan.row.keys():
            bounds[plan.row[key]] = cap
    return bounds
