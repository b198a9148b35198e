"""The fleet's day is the same for every arm, and its assumptions stand beside its figures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.fleet.assumptions import Assumptions, table
from bench.fleet.day import Application, Day, planned
from bench.fleet.tally import Tally, sampled, wilson
from connectors.overlay import overlays

TAKEN = Assumptions()


@pytest.fixture(scope="module")
def day() -> Day:
    return planned(2_000, 7, overlays(), TAKEN)


def test_the_seed_is_the_day(day: Day) -> None:
    assert planned(2_000, 7, overlays(), TAKEN) == day
    assert planned(2_000, 8, overlays(), TAKEN) != day


def test_every_region_is_applied_in_and_every_application_has_a_company_of_its_own(day: Day) -> None:
    regions = Counter(each.region for each in day.applications)
    assert len(regions) == 36
    assert max(regions.values()) - min(regions.values()) <= 1
    assert len({(each.region, each.row) for each in day.applications}) == 2_000


def test_the_faults_are_those_that_were_given(day: Day) -> None:
    portals = {f"{code}.{route}" for code, found in overlays().items() for route in found.routes}
    kinds = Counter(strike.kind for strike in day.strikes)
    assert kinds["layout_changed"] == 2
    assert kinds["down"] == len(portals)
    for kind in ("slow", "server_error", "session_lost"):
        assert kinds[kind] == len(portals) - TAKEN.dead
    assert all(strike.share == 0.05 for strike in day.strikes if strike.kind in ("slow", "server_error"))
    outages = [strike for strike in day.strikes if strike.kind == "down" and strike.end <= 1]
    assert all(TAKEN.outage_least <= each.end - each.start <= TAKEN.outage_most for each in outages)


def test_only_a_dead_region_and_a_wrong_password_excuse_a_failure(day: Day) -> None:
    dead = {strike.portal.split(".")[0] for strike in day.strikes if strike.kind == "down" and strike.end > 1}
    assert len(dead) == 1
    assert len(overlays()[dead.copy().pop()].routes) == 1
    for each in day.applications:
        assert bool(each.unachievable) == (each.region in dead or each.wrong_password)
    assert 20 <= sum(each.wrong_password for each in day.applications) <= 60


def test_a_region_whose_portal_changes_has_another_route_that_stays(day: Day) -> None:
    changed = [strike.portal for strike in day.strikes if strike.kind == "layout_changed"]
    assert all(len(overlays()[portal.split(".")[0]].routes) == 2 for portal in changed)
    assert len({portal.split(".")[0] for portal in changed}) == 2


def test_a_sample_has_regions_from_the_whole_day(day: Day) -> None:
    chosen = sampled(day.applications, 20)
    assert len(chosen) == 100
    assert chosen[-1].number > 1_900
    assert len({each.region for each in chosen}) > 25


def test_rates_count_everybody_and_the_promise_what_could_be_had() -> None:
    endings = {
        Application(0, "51", 0, False, ""): "",
        Application(1, "51", 1, False, ""): "portal_unavailable",
        Application(2, "51", 2, True, "wrong_password"): "credentials_rejected",
        Application(3, "44", 0, False, ""): "",
    }
    tally = Tally(endings, seconds=7.2)
    assert (tally.rate, round(tally.of_achievable, 3), tally.per_hour) == (0.5, 0.667, 1000)
    assert "portal_unavailable 1" in tally.behind()
    assert "credentials_rejected" not in tally.behind()


def test_the_interval_is_wilsons() -> None:
    low, high = wilson(20, 100)
    assert (round(low, 4), round(high, 4)) == (0.1334, 0.2888)


def test_the_page_of_figures_shows_the_assumptions_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert table(TAKEN) in page, "print(table(Assumptions())) gives the table for docs/benchmarks.md"
