"""From a region's overlay to a live connector. The deployment may point a route at another address (a
sandbox, a proxy)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

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
    use."""

    browser: Callable[[], Browser]


Endpoints = Mapping[str, Mapping[str, object]]
"""The deployment's own addresses: ``"44.api" → {"base_url": …, "hosts": {…}, "keys": {…}}``. Where it gives a
``base_url``, the overlay's hosts do not count: they belong to the overlay's own."""


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
        base,
        str(own.get("base_url", base.base_url)),
        private=True,
        hosts=hosts if "base_url" in own else {**base.hosts, **hosts},
        keys=keys,
    )


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The connector of an endpoint: ``connectors.families.<family>.connect(endpoint, tools)``."""
    family = import_module(f"connectors.families.{target.overlay.family}")
    connector: Connector = family.connect(target, tools)
    return connector
