"""The kit runs for every region: every promise for one route of each family, the happy path for all others,
with what concerns the tax app where a route asks in it.

The full matrix is ``taxlink certify --all`` (``make certify``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

import pytest

from connectors.interface import ChallengeKind
from connectors.overlay import overlay, overlays
from connectors.testing.promises import HAPPY_PATH, PROMISES
from connectors.testing.promises.authorization import UnapprovedRequestAsksAgain, UnscannedCodeWaits
from connectors.testing.promises.promise import Promise
from connectors.testing.report import Report
from connectors.testing.runner import targets
from connectors.testing.verdict import Target, Verdict
from schema.dataset import Route
from schema.region import REGIONS
from stages.certification import on_sandbox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


IN_APP: dict[ChallengeKind, type[Promise]] = {
    ChallengeKind.QR: UnscannedCodeWaits,
    ChallengeKind.APP_APPROVAL: UnapprovedRequestAsksAgain,
}


def chosen() -> dict[Target, Sequence[type[Promise]]]:
    """The first route of each family in full, the happy path of every other one, with the tax app's part."""
    wanted: dict[Target, Sequence[type[Promise]]] = {}
    families: set[tuple[str, str]] = set()
    for target in targets():
        known = (target.family, target.route) in families
        families.add((target.family, target.route))
        asked = overlay(target.region).route(Route(target.route)).challenges
        in_app = tuple(promise for kind, promise in IN_APP.items() if kind in asked)
        wanted[target] = (*HAPPY_PATH, *in_app) if known else PROMISES
    return wanted


@cache
def certificate() -> Report:
    return on_sandbox(chosen())


def test_every_promise_is_kept_or_says_why_not() -> None:
    broken = [each for each in certificate().results if each.verdict is Verdict.BROKEN]
    assert not broken, "\n".join(f"{each.target.name} {each.promise}: {each.message}" for each in broken)
    assert all(each.message for each in certificate().results)


def test_it_ran_for_every_region_and_every_route() -> None:
    ran = {(each.target.region, each.target.route) for each in certificate().results}
    assert ran == {(code, route.value) for code, each in overlays().items() for route in each.routes}
    assert {region for region, _ in ran} == set(overlays()) == set(REGIONS)
    assert len(REGIONS) == 36


def test_every_family_was_checked_in_full() -> None:
    results = certificate().results
    for family, route in {(target.family, target.route) for target in targets()}:
        ran = {each.promise for each in results if (each.target.family, each.target.route) == (family, route)}
        assert ran == {promise.name() for promise in PROMISES}


def test_every_promise_was_kept_somewhere() -> None:
    kept = {each.promise for each in certificate().results if each.verdict is Verdict.KEPT}
    assert kept == {promise.name() for promise in PROMISES}


def test_the_reports_tell_every_result() -> None:
    report = certificate()
    told = json.loads(report.json())
    assert len(told["results"]) == len(report.results)
    assert told["counts"]["broken"] == report.broken == 0
    assert {"python", "playwright"} <= set(told["versions"])
    page = report.html()
    assert all(f'id="r{code}"' in page for code in REGIONS)
    assert "http://" not in page
    assert "<script" not in page
