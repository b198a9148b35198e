"""The router falls back on the portal's own faults, and only on those."""

from __future__ import annotations

import pytest

from connectors.overlay import overlay, overlays
from connectors.router import falls_back, next_route
from schema.dataset import Dataset, Route
from schema.errors import TaxlinkError, catalogue

FALLS_BACK = {
    "portal_unavailable", "portal_timeout", "connection_broken",
    "route_absent", "route_broken", "contract_changed", "page_changed",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_only_absent_down_timed_out_or_broken_falls_back(code: str) -> None:
    error: TaxlinkError = catalogue()[code]()
    assert falls_back(error) == (code in FALLS_BACK)


def test_the_api_goes_first_and_the_pages_follow_with_the_reason() -> None:
    both = overlay("44")
    first = next_route(both, Dataset, {})
    assert first is not None
    assert first.route is Route.API
    second = next_route(both, Dataset, {Route.API: "portal_unavailable"})
    assert second is not None
    assert second.route is Route.RPA
    assert "portal_unavailable" in second.why
    assert next_route(both, Dataset, {Route.API: "x", Route.RPA: "y"}) is None


@pytest.mark.parametrize(("code", "route"), [("31", Route.API), ("51", Route.RPA)])
def test_a_region_with_one_route_has_no_other(code: str, route: Route) -> None:
    only = next_route(overlay(code), Dataset, {})
    assert only is not None
    assert only.route is route
    assert next_route(overlay(code), Dataset, {route: "portal_unavailable"}) is None


def test_every_overlay_is_marked_unverified() -> None:
    assert overlays()
    assert not any(route.verified for each in overlays().values() for route in each.routes.values())
