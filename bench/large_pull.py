"""100,000 invoices of three lines each over plain JSON, pulled and normalized: against dlt, airbyte-cdk and a
bare loop, from one sandbox server."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from bench.figures import Figure, median_ratio, paired, spread
from bench.signed_in import LIMITS, SignedIn, signed_in
from connectors.families.servyou.api import PORTAL
from demo.processes import House
from normalizers.ahead import Ahead
from normalizers.registry import normalize
from schema.clock import today
from schema.dataset import Dataset
from schema.raw import RawPage
from stages.application import default_scopes

REGION = "15"
PATH = PORTAL.paths["invoices"]
PAGE_SIZE: int = LIMITS["page_size"]
PEERS = Path(__file__).parent / "peers"
ENVIRONMENTS = Path(__file__).parent.parent / "var" / "peers"
"""Where ``setup/peers.sh`` keeps an environment for each peer."""
LEAST = {("dlt",): 12, ("airbyte", "declarative"): 5, ("airbyte", "typed"): 5, ("airbyte", "bare"): None}
"""How many times as fast as a peer: its environment, and which of its sources. Nothing is promised against
one that only pulls."""
_TOTAL = re.compile(rb'"total":(\d+)')


@dataclass(frozen=True)
class Order:
    """What a peer is to pull, within a session that was signed in for it."""

    base_url: str
    path: str
    headers: dict[str, str]
    queries: list[dict[str, Any]]


def run(*, quick: bool) -> list[Figure]:
    """A ratio for each peer; in each pair both sides pull everything once."""
    rounds, invoices = (1, 2_000) if quick else (3, 100_000)
    peers = [peer for peer in LEAST if not quick or _python(peer[0]).exists()]
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder, House(Path(folder)) as house:
        house.sandbox(
            *("--regions", REGION, "--families", "servyou", "--count", "1"),
            *("--invoices", str(invoices), "--lines", "3"),
        )
        pull = _Pull(signed_in(house, REGION), invoices, Path(folder))
        pull.fetch_alone()  # the server prints its pages now
        alone = min(pull.fetch_alone() for _ in range(rounds))
        bare = paired(lambda _: pull.bare(), lambda _: pull.product(), rounds)
        others = {peer: paired(pull.peer(*peer), lambda _: pull.product(), rounds) for peer in peers}
    ratio = median_ratio(bare)
    what = f"{invoices:,} invoices, 3 lines each"
    behind = f"{spread(bare, ' s')}; fetching alone {alone:.2g} s"
    figures = [Figure(f"{what}: product ÷ bare loop", ratio, "", "at most 1", ratio <= 1, behind)]
    for peer, pairs in others.items():
        faster, least = 1 / median_ratio(pairs), LEAST[peer]
        figures.append(
            Figure(
                f"{what}: {' '.join(peer)} ÷ product",
                faster,
                "",
                f"at least {least}" if least else "none: it normalizes nothing",
                faster >= least if least else None,
                spread(pairs, " s"),
            )
        )
    return figures


class _Pull:
    def __init__(self, person: SignedIn, invoices: int, folder: Path) -> None:
        self._person, self._invoices, self._folder = person, invoices, folder
        self._period = default_scopes(today())[Dataset.INVOICE]
        days = [
            (part.start.isoformat(), part.end.isoformat())
            for part in self._period.parts(PORTAL.months_per_query)
        ]
        self._order = Order(
            person.base_url,
            PATH,
            {"Cookie": person.cookie},
            [
                {"jxbz": side, "kprqq": start, "kprqz": end, "pageNum": 1, "pageSize": PAGE_SIZE}
                for start, end in days
                for side in ("xx", "jx")
            ],
        )

    def fetch_alone(self) -> float:
        """Seconds of a loop that reads nothing but the count."""
        return self._loop(lambda got: int(_TOTAL.findall(got.content)[-1]))

    def bare(self) -> float:
        """Seconds of ``requests`` and ``.json()``, nothing kept."""
        return self._loop(lambda got: int(got.json()["value"]["total"]))

    def product(self) -> float:
        """Seconds of connector and normalizer, to Parquet as dlt writes it."""
        started = time.perf_counter()
        pages: dict[str, RawPage] = {}
        with closing(Ahead()) as ahead:
            for page in self._person.fetch(Dataset.INVOICE, self._period):
                ref = str(page.sequence)
                pages[ref] = page
                ahead.begin(ref, page)
            prepared = [ahead.take(ref) for ref in pages]
        done = normalize(Dataset.INVOICE, list(pages.values()), list(pages), prepared=prepared)
        for name, table in done.tables.items():
            table.write_parquet(self._folder / f"{name}.parquet")
        seconds = time.perf_counter() - started
        assert done.tables["invoice"].height == self._invoices
        return seconds

    def peer(self, name: str, *source: str) -> Callable[[int], float]:
        """Seconds that a peer says it took. Raises ``CalledProcessError``."""
        script, order = PEERS / f"{name}_pull.py", json.dumps(asdict(self._order))
        command = [str(_python(name)), str(script), order, *source]

        def pull(_: int) -> float:
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=self._folder)
            told = json.loads(done.stdout.splitlines()[-1])
            assert told["invoices"] == self._invoices, told
            return float(told["seconds"])

        return pull

    def _loop(self, read: Callable[[requests.Response], int]) -> float:
        started = time.perf_counter()
        with requests.Session() as http:
            http.trust_env = False
            http.headers.update(self._order.headers)
            for query in self._order.queries:
                page, left = 0, 1
                while left > 0:
                    page += 1
                    got = http.post(self._order.base_url + PATH, json={**query, "pageNum": page})
                    left = read(got) - page * PAGE_SIZE
        return time.perf_counter() - started


def _python(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"
