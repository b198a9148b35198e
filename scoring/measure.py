"""What an indicator is, and how all of them are measured at once.

An indicator is a function whose parameters name what it depends on: a derived array, another indicator's
column, or the ``months`` of its window. Each answers one float a firm, money in yuan, or a typed NaN. A name
is measured once a batch, in an order worked out at the first use.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from graphlib import TopologicalSorter
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from scoring.inputs.batch import Batch
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
"""Every name that can be a parameter: its function and its window."""


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


class _Step(NamedTuple):
    """One call of a plan: where its arguments stand, and where its answer goes."""

    function: Callable[..., Any]
    arguments: tuple[int, ...]
    place: int
    needs: int
    """Which set of sources masks the answer; −1 for none."""


@dataclass(frozen=True, eq=False)
class _Plan:
    steps: tuple[_Step, ...]
    slots: int
    windows: tuple[tuple[int, int], ...]
    """Slot and value of each constant window."""
    columns: tuple[str, ...]
    """Catalogue columns, then figures."""
    places: tuple[int, ...]
    read: Callable[[list[Any]], tuple[Any, ...]]
    """What stands in the places."""
    needs: tuple[tuple[str, ...], ...]
    needs_of: list[int]
    place: Mapping[str, int]
    """Row of each column in the matrix."""
    slot: Mapping[str, int]


@cache
def _plan() -> _Plan:
    needed: dict[str, tuple[str, ...]] = {
        key: entry.needs for entry in CATALOGUE.values() for key in entry.columns
    } | FIGURES
    parents = {name: tuple(inspect.signature(function).parameters) for name, (function, _) in _NODES.items()}
    graph = {name: set(given) - {"batch", "months"} for name, given in parents.items()}
    order = list(TopologicalSorter(graph).static_order())
    if unknown := [name for name in order if name not in _NODES]:
        raise ValueError(f"nothing is called {', '.join(unknown)}")
    months = sorted({window for _, window in _NODES.values()})
    slot = {name: place for place, name in enumerate(["batch", *order])}
    window_slot = {window: len(slot) + place for place, window in enumerate(months)}
    sets = sorted(set(needed.values()))
    read = {parent for given in parents.values() for parent in given}
    steps = tuple(
        _Step(
            _NODES[name][0],
            tuple(
                window_slot[_NODES[name][1]] if parent == "months" else slot[parent]
                for parent in parents[name]
            ),
            slot[name],
            sets.index(needed[name]) if name in needed and name in read else -1,
        )
        for name in order
    )
    return _Plan(
        steps,
        len(slot) + len(months),
        tuple((place, window) for window, place in window_slot.items()),
        tuple(needed),
        tuple(slot[name] for name in needed),
        itemgetter(*(slot[name] for name in needed)),
        tuple(sets),
        [sets.index(sources) for sources in needed.values()],
        {key: row for row, key in enumerate(needed)},
        slot,
    )


class Measured:
    """Every column and figure of a batch; a missing one is a typed NaN."""

    def __init__(self, plan: _Plan, matrix: Floats, slots: list[Any]) -> None:
        self._plan, self._slots = plan, slots
        self.matrix = matrix
        """Shape (columns, firms), in the order of ``columns``."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self._plan.columns

    def __getitem__(self, key: str) -> Floats:
        """One float a firm."""
        return cast(Floats, self.matrix[self._plan.place[key]])

    def derived(self, name: str) -> Any:
        """What a derived function answered."""
        return self._slots[self._plan.slot[name]]

    def of(self, firm: int, keys: Iterable[str]) -> dict[str, Value]:
        """The values of one firm."""
        wanted = list(keys)
        column = self.matrix[[self._plan.place[key] for key in wanted], firm]
        return dict(zip(wanted, values(column), strict=True))


def measure(batch: Batch) -> Measured:
    """All of it, for all firms. Never raises for what the data are; never answers an infinite number."""
    plan = _plan()
    why = batch.kept("why", lambda: np.stack([batch.why(needs) for needs in plan.needs]))
    dead = batch.kept("dead", lambda: tuple(np.flatnonzero((why != 0).all(axis=1)).tolist()))
    masked: list[bool] = (why != 0).any(axis=1).tolist()
    caps = batch.kept("caps", lambda: _caps(plan, batch.measurement.caps))
    slots: list[Any] = [None] * plan.slots
    slots[0] = batch
    for place, window in plan.windows:
        slots[place] = window
    nothing = np.full(batch.firms, np.nan)
    with np.errstate(all="ignore"):
        for function, arguments, answer, needs in _living(plan, dead):
            found = function(*map(slots.__getitem__, arguments))
            if needs >= 0 and masked[needs]:
                found = np.where(why[needs], NANS[why[needs]], found)
            slots[answer] = found
        found = [nothing if column is None else column for column in plan.read(slots)]
        matrix = np.concatenate(found, dtype=np.float64).reshape(len(found), batch.firms)
        matrix = np.clip(matrix, -caps, caps)
    reason = why[plan.needs_of]
    matrix = np.where(reason, NANS[reason], matrix)
    known = np.isfinite(matrix)
    matrix[~known] = NANS[codes(matrix[~known])]
    return Measured(plan, matrix, slots)


@lru_cache(maxsize=64)
def _living(plan: _Plan, dead: tuple[int, ...]) -> tuple[_Step, ...]:
    """The steps that matter when no firm has the sources of the ``dead`` sets: a column without sources is
    not worked out, nor what only such columns read."""
    columns = dict(zip(plan.places, plan.needs_of, strict=True))
    wanted = {place for place, needs in columns.items() if needs not in dead}
    wanted |= {plan.slot[name] for name in KEPT}
    living: list[_Step] = []
    for step in reversed(plan.steps):
        if step.place in wanted:
            living.append(step)
            wanted.update(step.arguments)
    return tuple(reversed(living))


def _caps(plan: _Plan, caps: Mapping[str, float]) -> Floats:
    """The magnitude that each column is clipped at, shape (columns, 1)."""
    bounds = np.full((len(plan.columns), 1), np.inf)
    for name, cap in caps.items():
        for key in CATALOGUE[name].columns:
            bounds[plan.place[key]] = cap
    return bounds
