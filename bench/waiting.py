"""What ten thousand waiting authorizations cost one ``taxlink serve``, and how fast it answers meanwhile."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.callers import Bank, Borrower, RunFailed
from bench.figures import Figure
from bench.pages import allow_files, held_open
from bench.parked import Page, park
from bench.process import busy_percent, memory_mib
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House
from settings import Settings
from store.database import open_database

MOST_MIB, MOST_PERCENT, MOST_MILLISECONDS = 500, 3, 500
REGION = "31"
_SETTLING_SECONDS = 5


def run(*, quick: bool) -> list[Figure]:
    """Memory, share of a core and latency, without a page open and with many."""
    waiting, open_pages, answers, seconds = (40, 5, 2, 1) if quick else (10_000, 2_000, 20, 60)
    allow_files(4 * open_pages + 1024)
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder, House(Path(folder)) as house:
        house.sandbox(
            "--regions", REGION, "--families", "gateway", "--count", str(2 * answers + 4), "--invoices", "60"
        )  # fmt: skip
        house.worker()
        house.serve()
        bench = _Waiting(house)
        pages = bench.park(waiting)
        bench.settle()
        figures = bench.cost(f"{waiting:,} waiting, no page open", seconds)
        with held_open(house.port, pages[:open_pages]):
            bench.settle()
            figures += bench.cost(f"{waiting:,} waiting, {open_pages:,} pages open", seconds)
            figures += bench.latency(answers)
    return figures


class _Waiting:
    def __init__(self, house: House) -> None:
        self._house, self._bank = house, Bank(house)
        self._people: Iterator[Person] = iter(people(Portals(house.endpoints()), f"{REGION}.api"))

    def park(self, count: int) -> list[Page]:
        """Fill the store."""
        store = open_database(Settings.from_environment(self._house.environment).database_url)
        try:
            return park(store, self._submitted()[0], count)
        finally:
            store.dispose()

    def settle(self) -> None:
        """Let what the preparation caused come to its end."""
        time.sleep(_SETTLING_SECONDS)

    def cost(self, when: str, seconds: float) -> list[Figure]:
        """Memory and share of a core of the service."""
        pid = self._house.process_id("serve")
        percent, mib = busy_percent(pid, seconds), memory_mib(pid)
        return [
            Figure(f"memory of serve, {when}", mib, " MiB", f"under {MOST_MIB} MiB", mib < MOST_MIB),
            Figure(
                f"processor time of serve, {when}",
                percent,
                "% of a core",
                f"under {MOST_PERCENT}%",
                percent < MOST_PERCENT,
                f"over {seconds:g} s",
            ),
        ]

    def latency(self, answers: int) -> list[Figure]:
        """Milliseconds from the answer's request to the event that shows the grant on the page."""
        took = sorted(1000 * self._answered() for _ in range(answers))
        slowest = took[-1]
        return [
            Figure(
                "answer to result on the page, slowest",
                slowest,
                " ms",
                f"within {MOST_MILLISECONDS} ms",
                slowest <= MOST_MILLISECONDS,
                f"median {statistics.median(took):.0f} ms of {answers} answers",
            )
        ]

    def _answered(self) -> float:
        _, borrower = self._submitted()
        with borrower.states() as states:
            challenge = next(state["challenge"] for _, state in states if state["challenge"])
            fields = borrower.person.answer(challenge)
            started = time.perf_counter()
            borrower.post(f"answer/{challenge['id']}", fields)
            for _, state in states:
                if state["receipt"]:
                    return time.perf_counter() - started
        raise RunFailed("the page did not show the grant")

    def _submitted(self) -> tuple[str, Borrower]:
        """An authorization whose question is open on its page."""
        person = next(self._people)
        submitted = self._bank.submit(person)
        borrower = Borrower(person, submitted["link_url"])
        borrower.agree(submitted["consent"]["text_sha256"])
        with borrower.states() as states:
            next(state for _, state in states if state["challenge"])
        return submitted["id"], borrower
