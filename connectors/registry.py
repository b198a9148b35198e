"""From a region's overlay to a live connector. The deployment may point a route at another address (a
sandbox, a proxy)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from connectors.evidence import Recorder
from connectors.interface import Connector
from connectors.overlay import RouteOverlay, overlay
from schema.dataset import Route

if TYPE_CHECKING:
    from connectors.rpa.browser import Browser


@dataclass(frozen=True)
class Endpoint:
    """One route of one region as this deployment reaches it.

    ``private`` is True when the deployment itself listed the address, so that a private one is allowed.
    ``keys`` holds PEM or hex key material that the family needs (the bank's own keys and the portal's public
    one), by role.
    """

    region: str
    route: Route
    overlay: RouteOverlay
    base_url: str
    private: bool = False
    hosts: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Tools:
    """What a worker lends to its connectors. ``browser`` starts the one browser of the worker on first
    use; ``recorder`` is told what a connector does."""

    browser: Callable[[], Browser]
    recorder: Recorder = field(default_factory=Recorder)


Endpoints = Mapping[str, Mapping[str, object]]
"""The deployment's own addresses: ``"44.api" → {"base_url": …, "hosts": {…}, "keys": {…}}``. Where it gives a
``base_url``, the overlay's hosts, maintenance windows and filing period do not count: they belong to the
overlay's own. It may give ``limits``, ``breaker``, ``maintenance`` and ``filing_period`` in the
overlay's form."""

_CALENDAR: Mapping[str, object] = {"maintenance": (), "filing_period": None}
_RULES = ("limits", "breaker", "maintenance", "filing_period")


def endpoint(region: str, route: Route, listed: Endpoints) -> Endpoint:
    """Raises ``UnknownRegion`` and ``RouteAbsent``."""
    base = overlay(region).route(route)
    own = listed.get(f"{region}.{route}")
    if own is None:
        return Endpoint(region, route, base, base.base_url, hosts=base.hosts)
    hosts, keys = own.get("hosts", {}), own.get("keys", {})
    assert isinstance(hosts, Mapping)
    assert isinstance(keys, Mapping)
    return Endpoint(
        region,
        route,
        _ruled(base, own),
        str(own.get("base_url", base.base_url)),
        private=True,
        hosts=hosts if "base_url" in own else {**base.hosts, **hosts},
        keys=keys,
    )


def _ruled(base: RouteOverlay, own: Mapping[str, object]) -> RouteOverlay:
    """The overlay under the deployment's own rules."""
    rules = {**(_CALENDAR if "base_url" in own else {}), **{key: own[key] for key in _RULES if key in own}}
    if "limits" in rules:
        assert isinstance(rules["limits"], Mapping)
        rules["limits"] = {**base.limits.model_dump(), **rules["limits"]}
    return RouteOverlay.model_validate({**base.model_dump(), **rules})


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The connector of an endpoint: ``connectors.families.<family>.connect(endpoint, tools)``."""
    family = import_module(f"connectors.families.{target.overlay.family}")
    connector: Connector = family.connect(target, tools)
    return connector
