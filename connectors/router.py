"""The router: which route is tried next, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from connectors.overlay import Overlay
from schema.dataset import Dataset, Route
from schema.errors import Action, TaxlinkError

PREFERENCE = (Route.API, Route.RPA)
"""A region's API before its pages: it is faster, kinder to the portal and breaks less."""

BREAKER_OPEN = "breaker_open"
"""Why a route was passed over that was not even tried."""

_PORTALS_OWN_FAULT = frozenset({Action.RETRY, Action.FALL_BACK})
"""Absent, down, timed out, broken contract. Never a password, a consent, throttling or a locked account."""


@dataclass(frozen=True)
class Choice:
    """A route and why: ``preferred``, ``only_route`` or ``fallback/api:<code>``, the code that of a
    failure in this run or ``breaker_open``."""

    route: Route
    why: str


def falls_back(error: TaxlinkError) -> bool:
    """Whether another route may be tried after this error (retries on the same route are over by then)."""
    return error.action in _PORTALS_OWN_FAULT


def next_route(
    overlay: Overlay,
    datasets: Iterable[Dataset],
    failed: Mapping[Route, str],
    resting: Collection[Route] = (),
) -> Choice | None:
    """The next route that reaches any of the datasets. ``failed`` gives the error code of each route tried in
    this run; ``resting`` are those that their breakers keep from use."""
    wanted = frozenset(datasets)
    passed = dict(failed)
    for route in PREFERENCE:
        if route in failed or route not in overlay.routes or not overlay.routes[route].datasets & wanted:
            continue
        if route in resting:
            passed[route] = BREAKER_OPEN
        elif passed:
            why = "/".join(["fallback", *(f"{each}:{code}" for each, code in passed.items())])
            return Choice(route, why)
        else:
            return Choice(route, "preferred" if len(overlay.routes) > 1 else "only_route")
    return None
