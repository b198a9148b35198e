"""In which order functions that name each other as parameters are called, and which of them matter."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

Nodes = Mapping[str, tuple[Callable[..., Any], int]]
"""Every name that can be a parameter: its function and its window in months."""
BATCH, MONTHS = "batch", "months"
"""Parameters that are no node: what is measured, and the function's own window."""


class Step(NamedTuple):
    """One call: where its arguments stand, and where its answer goes."""

    function: Callable[..., Any]
    arguments: tuple[int, ...]
    slot: int
    needs: int
    """Which set of sources masks the answer; −1 for none."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The calls of some columns, in order, over a list of slots; the first one is the batch's."""

    steps: tuple[Step, ...]
    slots: int
    windows: tuple[tuple[int, int], ...]
    """Slot and value of each constant window."""
    slot: Mapping[str, int]
    """Where the answer of each name stands."""
    columns: tuple[str, ...]
    row: Mapping[str, int]
    """Place of each column among the columns."""
    needs: tuple[tuple[str, ...], ...]
    """Sets of sources."""
    needs_of: tuple[int, ...]
    """The set of each column."""
    kept: frozenset[int]
    """Slots that are read beside the columns."""


def plan(
    nodes: Nodes, needs: Mapping[str, tuple[str, ...]], columns: Iterable[str], kept: Iterable[str]
) -> Plan:
    """The plan of some columns, and of names that are kept beside them. ``needs`` tells the sources of every
    column. Raises ``ValueError`` for a parameter that no function answers."""
    parents = {name: tuple(inspect.signature(function).parameters) for name, (function, _) in nodes.items()}
    columns = tuple(columns)
    graph: dict[str, set[str]] = {}
    open_ones = [*columns, *kept]
    while open_ones:
        name = open_ones.pop()
        if name not in nodes:
            raise ValueError(f"nothing is called {name}")
        if name not in graph:
            graph[name] = set(parents[name]) - {BATCH, MONTHS}
            open_ones += graph[name]
    order = list(TopologicalSorter(graph).static_order())
    slot = {name: place for place, name in enumerate([BATCH, *order])}
    months = sorted({nodes[name][1] for name in order})
    window = {each: len(slot) + place for place, each in enumerate(months)}
    sets = sorted({needs[name] for name in order if name in needs})
    read = set().union(*graph.values())

    def step(name: str) -> Step:
        function, own = nodes[name]
        arguments = tuple(window[own] if parent == MONTHS else slot[parent] for parent in parents[name])
        return Step(
            function, arguments, slot[name], sets.index(needs[name]) if name in needs and name in read else -1
        )

    return Plan(
        steps=tuple(map(step, order)),
        slots=len(slot) + len(months),
        windows=tuple((place, each) for each, place in window.items()),
        slot=slot,
        columns=columns,
        row={key: row for row, key in enumerate(columns)},
        needs=tuple(sets),
        needs_of=tuple(sets.index(needs[key]) for key in columns),
        kept=frozenset(slot[name] for name in kept),
    )


@lru_cache(maxsize=64)
def living(plan: Plan, dead: tuple[int, ...]) -> tuple[Step, ...]:
    """The steps that matter when no firm has the sources of the ``dead`` sets: a column without sources is
    not worked out, nor what only such columns read."""
    wanted = set(plan.kept)
    wanted |= {
        plan.slot[key] for key, needs in zip(plan.columns, plan.needs_of, strict=True) if needs not in dead
    }
    found: list[Step] = []
    for step in reversed(plan.steps):
        if step.slot in wanted:
            found.append(step)
            wanted.update(step.arguments)
    return tuple(reversed(found))
