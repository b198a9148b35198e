"""From submission to score on the API route, against a bare ``requests`` loop over the same pages."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import mean

from bench.callers import Bank, Borrower
from bench.figures import Figure, median_ratio, paired, spread
from bench.gateway_peer import BareGateway
from bench.process import stopped
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House
from schema.clock import today
from schema.dataset import Dataset
from stages.application import default_scopes

MOST = 1.5
REGION = "31"
FIRMS = 3
"""In a round, one after the other: what the other side has pushed out of the processor's caches counts
once."""


def run(*, quick: bool) -> list[Figure]:
    """One figure: product ÷ peer of wall time, each round with firms of its own."""
    rounds, invoices = (1, 300) if quick else (7, 10_000)
    companies = (rounds + 1) * FIRMS * 12 // 11 + 2
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder, House(Path(folder)) as house:
        house.sandbox(
            "--regions", REGION, "--families", "gateway", "--count", str(companies), "--invoices",
            str(invoices),
        )  # fmt: skip
        house.worker()
        house.serve()
        bench = _Route(house)
        pairs = paired(bench.peer, bench.product, rounds + 1)[1:]
    ratio = median_ratio(pairs)
    return [
        Figure(
            f"submission to score, {invoices:,} invoices: product ÷ bare loop",
            ratio,
            "",
            f"at most {MOST}",
            ratio <= MOST,
            spread(pairs, " s"),
        )
    ]


class _Route:
    def __init__(self, house: House) -> None:
        portals = Portals(house.endpoints())
        self._endpoint = house.endpoints()[f"{REGION}.api"]
        self._people: list[Person] = people(portals, f"{REGION}.api")
        self._bank = Bank(house)
        self._ours = [house.process_id(name) for name in ("worker-1", "serve")]

    def peer(self, number: int) -> float:
        """Seconds of the bare loop for one of the round's firms."""
        with stopped(*self._ours):
            return mean(map(self._loop, self._firms(number)))

    def product(self, number: int) -> float:
        """Seconds of the whole job for one of the round's firms. What follows the score (notices, the end of
        a one-time consent) is over before the peer has its turn."""
        return mean(map(self._job, self._firms(number)))

    def _firms(self, number: int) -> list[Person]:
        return self._people[number * FIRMS : (number + 1) * FIRMS]

    def _loop(self, person: Person) -> float:
        period = default_scopes(today())[Dataset.INVOICE]
        loop, started = BareGateway(self._endpoint), time.perf_counter()
        loop.read_all(person, period.start, period.end)
        return time.perf_counter() - started

    def _job(self, person: Person) -> float:
        """Seconds from the loan system's request to the event that tells the score."""
        started = time.perf_counter()
        submitted = self._bank.submit(person)
        borrower = Borrower(person, submitted["link_url"])
        borrower.agree(submitted["consent"]["text_sha256"])
        borrower.accompany()
        self._bank.await_score(submitted["id"])
        seconds = time.perf_counter() - started
        self._bank.await_end(submitted["id"])
        return seconds
