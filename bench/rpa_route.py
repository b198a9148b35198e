"""Flows a second on the RPA route with eight authorizations in flight, against bare Playwright: of the whole
job, and of connector and normalizer alone."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from uuid import uuid4

from bench.desk import Desk, bank
from bench.figures import Figure, median_ratio, paired, spread
from bench.granted import granted
from bench.process import stopped
from bench.unified_peer import BareBrowser
from connectors.registry import Tools, connect, endpoint
from connectors.rpa.browser import Browser
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House
from normalizers.registry import normalize
from schema.clock import today
from schema.dataset import Dataset, Route
from stages.application import default_scopes

LEAST, LEAST_CONNECTOR = 0.8, 0.9
REGION = "51"
IN_FLIGHT = 8


def run(*, quick: bool) -> list[Figure]:
    """Two figures, product ÷ peer of flows a second; each flow has a company of its own."""
    rounds, flows = (1, 2) if quick else (5, 20)
    in_flight = min(IN_FLIGHT, flows)
    warm = 1 if quick else IN_FLIGHT
    companies = (4 * rounds * flows + 3 * warm) * 12 // 11 + 12
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder, House(Path(folder)) as house:
        house.sandbox("--regions", REGION, "--families", "unified", "--count", str(companies))
        _allow(house, f"{REGION}.rpa")
        house.worker(slots=IN_FLIGHT)
        with bank(house) as (shop, intake):
            bench = _Route(house, Desk(shop, intake), in_flight)
            sides = {
                "product": (bench.product, LEAST),
                "connector and normalizer": (bench.connector, LEAST_CONNECTOR),
            }
            bench.peer(warm), bench.product(warm), bench.connector(warm)
            return [_figure(bench, name, side, least, rounds, flows) for name, (side, least) in sides.items()]


def _figure(
    bench: _Route, name: str, side: Callable[[int], float], least: float, rounds: int, flows: int
) -> Figure:
    pairs = paired(lambda _: bench.peer(flows), lambda _: side(flows), rounds)
    ratio = median_ratio(pairs)
    what = f"flows a second, {bench.in_flight} in flight: {name} ÷ bare Playwright"
    return Figure(what, ratio, "", f"at least {least}", ratio >= least, spread(pairs, " flows/s"))


def _allow(house: House, portal: str) -> None:
    """Let the deployment's own limit of this portal be as many visits as are in flight."""
    endpoints = house.endpoints()
    endpoints[portal]["limits"] = {"concurrency": IN_FLIGHT, "per_minute": 60_000}
    house.endpoints_file.write_text(json.dumps(endpoints))


class _Route:
    def __init__(self, house: House, desk: Desk, in_flight: int) -> None:
        portals = Portals(house.endpoints())
        self._listed, self.in_flight = house.endpoints(), in_flight
        self._endpoint = self._listed[f"{REGION}.rpa"]
        self._people: Iterator[Person] = iter(people(portals, f"{REGION}.rpa"))
        self._desk, self._worker = desk, house.process_id("worker-1")

    def peer(self, flows: int) -> float:
        """Flows a second of bare Playwright."""
        browser = BareBrowser(self._endpoint, default_scopes(today())[Dataset.INVOICE])
        with stopped(self._worker):
            return flows / browser.flows(self._next(flows), self.in_flight)

    def product(self, flows: int) -> float:
        """Flows a second from submission to score, people answering at once."""
        started = time.perf_counter()
        with ThreadPoolExecutor(self.in_flight) as borrowers:
            list(borrowers.map(self._desk.flow, self._next(flows)))
        return flows / (time.perf_counter() - started)

    def connector(self, flows: int) -> float:
        """Flows a second of the connector with the normalizer: authorization, every dataset of the region
        fetched and brought into the schema; nothing sealed, kept or scored."""
        target = endpoint(REGION, Route.RPA, self._listed)
        with stopped(self._worker), closing(Browser()) as browser:

            def flow(person: Person) -> None:
                with closing(connect(target, Tools(browser=lambda: browser))) as connector:
                    grant = granted(connector, person, uuid4().hex)
                    for dataset, period in default_scopes(today()).items():
                        pages = list(connector.fetch(grant, person.taxpayer_id, dataset, period))
                        normalize(dataset, pages, [page.locator for page in pages])

            with closing(connect(target, Tools(browser=lambda: browser))) as connector:
                connector.probe()  # the browser's start does not count, as the peer's does not
            started = time.perf_counter()
            with ThreadPoolExecutor(self.in_flight) as borrowers:
                list(borrowers.map(flow, self._next(flows)))
            return flows / (time.perf_counter() - started)

    def _next(self, flows: int) -> list[Person]:
        return list(islice(self._people, flows))
