"""Flows a second on the RPA route with eight authorizations in flight, against bare Playwright."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from bench.desk import Desk, bank
from bench.figures import Figure, median_ratio, paired, spread
from bench.process import stopped
from bench.unified_peer import BareBrowser
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House
from schema.clock import today
from schema.dataset import Dataset
from stages.application import default_scopes

LEAST = 0.8
REGION = "51"
IN_FLIGHT = 8


def run(*, quick: bool) -> list[Figure]:
    """One figure: product ÷ peer of flows a second; each flow has a company of its own."""
    rounds, flows = (1, 2) if quick else (5, 32)
    in_flight = min(IN_FLIGHT, flows)
    warm = 1 if quick else IN_FLIGHT
    companies = (2 * rounds * flows + 2 * warm) * 12 // 11 + 12
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder, House(Path(folder)) as house:
        house.sandbox("--regions", REGION, "--families", "unified", "--count", str(companies))
        _allow(house, f"{REGION}.rpa")
        house.worker(slots=IN_FLIGHT)
        with bank(house) as (shop, intake):
            bench = _Route(house, Desk(shop, intake), in_flight)
            bench.peer(warm), bench.product(warm)
            pairs = paired(lambda _: bench.peer(flows), lambda _: bench.product(flows), rounds)
    ratio = median_ratio(pairs)
    return [
        Figure(
            f"flows a second, {in_flight} in flight: product ÷ bare Playwright",
            ratio,
            "",
            f"at least {LEAST}",
            ratio >= LEAST,
            spread(pairs, " flows/s"),
        )
    ]


def _allow(house: House, portal: str) -> None:
    """Let the deployment's own limit of this portal be as many visits as are in flight."""
    endpoints = house.endpoints()
    endpoints[portal]["limits"] = {"concurrency": IN_FLIGHT, "per_minute": 60_000}
    house.endpoints_file.write_text(json.dumps(endpoints))


class _Route:
    def __init__(self, house: House, desk: Desk, in_flight: int) -> None:
        portals = Portals(house.endpoints())
        self._endpoint, self._in_flight = house.endpoints()[f"{REGION}.rpa"], in_flight
        self._people: Iterator[Person] = iter(people(portals, f"{REGION}.rpa"))
        self._desk, self._worker = desk, house.process_id("worker-1")

    def peer(self, flows: int) -> float:
        """Flows a second of bare Playwright."""
        browser = BareBrowser(self._endpoint, default_scopes(today())[Dataset.INVOICE])
        with stopped(self._worker):
            return flows / browser.flows(self._next(flows), self._in_flight)

    def product(self, flows: int) -> float:
        """Flows a second from submission to score, people answering at once."""
        started = time.perf_counter()
        with ThreadPoolExecutor(self._in_flight) as borrowers:
            list(borrowers.map(self._desk.flow, self._next(flows)))
        return flows / (time.perf_counter() - started)

    def _next(self, flows: int) -> list[Person]:
        return list(islice(self._people, flows))
