"""The three arms over one day, and their figures."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from multiprocessing import get_context
from pathlib import Path

from bench.desk import bank
from bench.figures import Figure
from bench.fleet.assumptions import Assumptions
from bench.fleet.clerk import Clerk
from bench.fleet.day import Day, planned
from bench.fleet.faults import Faults
from bench.fleet.people import applicants
from bench.fleet.suite import Suite, failed
from bench.fleet.tally import Tally, sampled, wilson
from connectors.overlay import Overlay, overlays
from connectors.testing.portals import Portals
from demo.processes import House

TIMES_THE_RATE, WHERE_ONE_ROUTE_IS_AT_MOST = 1.5, 0.66
LEAST_OF_ACHIEVABLE = 0.995
TIMES_THE_PACE = 4
WORKERS, SLOTS = 2, 8
INVOICES = 24
_QUICK_REGIONS = ("31", "33", "35", "44", "50", "51", "64")
_QUICK, _QUICK_SAMPLE = 28, 14


def run(*, quick: bool, authorizations: int = 2_000, sample: int = 20, seed: int = 7) -> list[Figure]:
    """Three arms, each with portals of its own that remember nothing of the others: two clerks side by side,
    then the suite."""
    taken, regions = Assumptions(), dict(overlays())
    if quick:
        taken = replace(taken, outages=0, arrival_seconds=4)
        regions = {code: regions[code] for code in _QUICK_REGIONS}
        authorizations, sample = _QUICK, _QUICK_SAMPLE
    day = planned(authorizations, seed, regions, taken)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as desks:
        clerks = [desks.submit(_clerk, day, regions, taken, sample, retry=retry) for retry in (False, True)]
        once, again = (clerk.result() for clerk in clerks)
    first, whole = _suite(day, regions, taken)
    return [*_baselines(once, again), *_promised(once, first, whole)]


def _clerk(
    day: Day, regions: Mapping[str, Overlay], taken: Assumptions, sample: int, *, retry: bool
) -> Tally:
    with _portals(day, regions, taken) as house:
        portals = Portals(house.endpoints())
        who = applicants(portals, day, taken)
        clerk = Clerk(house.endpoints(), taken, retry)
        return clerk.work(day, sampled(day.applications, sample), who.__getitem__, Faults(portals, day))


def _suite(day: Day, regions: Mapping[str, Overlay], taken: Assumptions) -> tuple[Tally, Tally]:
    """The day, and the day with one pass of operations after it."""
    with _portals(day, regions, taken) as house:
        portals = Portals(house.endpoints())
        who, faults = applicants(portals, day, taken), Faults(portals, day)
        faults.at(0.0)
        for number in range(WORKERS):
            house.worker(f"worker-{number + 1}", slots=SLOTS)
        with bank(house) as (shop, intake):
            suite = Suite(shop, intake, taken.ours(60 * taken.patience_minutes))
            first, ids = suite.day(day, who, faults, taken)
            first.notes = f"; attempts: {suite.faced()}"
            rerun = failed(first)
            ended = suite.rerun({ids[each]: who[each] for each in rerun})
    endings = first.endings | {each: ended[ids[each]] for each in rerun}
    return first, Tally(endings, first.seconds, f"; {len(ended)} run again")


@contextmanager
def _portals(day: Day, regions: Mapping[str, Overlay], taken: Assumptions) -> Iterator[House]:
    """The sandbox, listed with the rules of the experiment."""
    most = max(each.row for each in day.applications) + 1
    companies = str(most * 12 // 11 + 2)  # one in twelve is 非正常户
    with tempfile.TemporaryDirectory(prefix="taxlink-fleet-") as folder, House(Path(folder)) as house:
        house.sandbox("--regions", ",".join(regions), "--count", companies, "--invoices", str(INVOICES))
        listed = house.endpoints()
        for portal in listed.values():
            portal["limits"] = {"timeout_seconds": taken.ours(taken.timeout_seconds)}
            portal["breaker"] = {
                "rest_seconds": taken.ours(taken.rest_seconds),
                "longest_rest_seconds": taken.ours(taken.longest_rest_seconds),
            }
        house.endpoints_file.write_text(json.dumps(listed))
        yield house


def _baselines(once: Tally, again: Tally) -> list[Figure]:
    found = []
    for tally, what in ((once, "one route, no retry"), (again, "one route, with retry")):
        low, high = wilson(tally.completed, tally.asked)
        interval = f"95% interval {100 * low:.0f} to {100 * high:.0f}%; {tally.behind()}"
        found.append(Figure(f"{what}: completed", 100 * tally.rate, "%", "a baseline", None, interval))
        found.append(Figure(f"{what}: completed an hour", tally.per_hour, "", "a baseline", None))
    return found


def _promised(once: Tally, first: Tally, whole: Tally) -> list[Figure]:
    times = first.rate / once.rate if once.completed else inf
    pace = first.per_hour / once.per_hour if once.completed else inf
    allowed = once.rate <= WHERE_ONE_ROUTE_IS_AT_MOST
    return [
        Figure("suite: completed", 100 * first.rate, "%", "see below", None, first.behind()),
        Figure(
            "suite: completed of what is achievable",
            100 * first.of_achievable,
            "%",
            f"at least {100 * LEAST_OF_ACHIEVABLE:g}%",
            first.of_achievable >= LEAST_OF_ACHIEVABLE,
        ),
        Figure(
            "the same after operations ran once more what had failed",
            100 * whole.of_achievable,
            "%",
            f"at least {100 * LEAST_OF_ACHIEVABLE:g}%",
            whole.of_achievable >= LEAST_OF_ACHIEVABLE,
            whole.behind(),
        ),
        Figure(
            "completed: suite ÷ one route, no retry",
            times,
            "",
            f"at least {TIMES_THE_RATE} where one route allows it",
            times >= TIMES_THE_RATE or not allowed,
        ),
        Figure(
            "completed an hour: suite ÷ one route, no retry",
            pace,
            "",
            f"at least {TIMES_THE_PACE}",
            pace >= TIMES_THE_PACE,
            f"suite {first.per_hour:.0f} an hour",
        ),
    ]
