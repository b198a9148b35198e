"""Every region has an overlay, and every overlay keeps to the rules of the house."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from connectors.limits import limits_at
from connectors.overlay import FOLDER, overlay, overlays
from connectors.registry import endpoint
from schema.dataset import USUAL, Dataset, Route
from schema.region import REGIONS
from store.database import now

KNOWN = frozenset(
    {Dataset.TAX_PAYMENT, Dataset.TAX_VIOLATION, Dataset.TAXPAYER_CHANGE, Dataset.FINANCIAL_STATEMENT}
)
ALL = pytest.mark.parametrize("code", sorted(REGIONS))
API_ONLY = {"31"}


def test_all_thirty_six_regions_have_an_overlay() -> None:
    assert set(overlays()) == set(REGIONS)
    assert len(overlays()) == 36


@ALL
def test_an_overlay_is_short(code: str) -> None:
    assert len((FOLDER / f"{code}.toml").read_text(encoding="utf-8").splitlines()) <= 60


@ALL
def test_hosts_are_the_regions_own_and_nobody_claims_to_have_verified_them(code: str) -> None:
    for each in overlay(code).routes.values():
        assert not each.verified
        for url in (each.base_url, *each.hosts.values()):
            address = urlsplit(url)
            assert address.scheme in ("https", "sftp")
            assert (address.hostname or "").endswith(f".{REGIONS[code].slug}.chinatax.gov.cn")


@ALL
def test_every_route_reaches_the_usual_datasets_and_the_gateways_what_the_authority_knows(code: str) -> None:
    for each in overlay(code).routes.values():
        beside = KNOWN if each.family == "gateway" else frozenset()
        assert each.datasets == frozenset(USUAL) | beside


@ALL
def test_pages_are_there_for_all_but_the_regions_that_have_an_api_alone(code: str) -> None:
    routes = overlay(code).routes
    assert (Route.RPA not in routes) == (code in API_ONLY)
    assert Route.RPA not in routes or routes[Route.RPA].family == "unified"


def test_every_family_serves_several_regions_and_a_third_has_pages_alone() -> None:
    apis = Counter(
        found.routes[Route.API].family for found in overlays().values() if Route.API in found.routes
    )
    assert set(apis) == {"gateway", "foresee", "servyou", "oauth", "soap", "filedrop"}
    assert min(apis.values()) >= 3
    assert sum(apis.values()) == 24


@ALL
def test_the_filing_period_never_allows_more_and_no_window_shuts_a_whole_day(code: str) -> None:
    for each in overlay(code).routes.values():
        for day in range(31):
            slow = limits_at(each, now() + timedelta(days=day))
            assert slow.concurrency <= each.limits.concurrency
            assert slow.per_minute <= each.limits.per_minute
        assert all(window.start != window.end for window in each.maintenance)


def test_a_deployments_own_address_has_its_own_calendar_and_limits() -> None:
    listed = {"44.api": {"base_url": "https://portal.test", "limits": {"concurrency": 2}}}
    given, own = endpoint("44", Route.API, {}).overlay, endpoint("44", Route.API, listed).overlay
    assert given.maintenance
    assert given.filing_period
    assert (own.maintenance, own.filing_period) == ((), None)
    assert own.limits == given.limits.model_copy(update={"concurrency": 2})
