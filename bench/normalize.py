"""100,000 invoices of three lines each, as pages of portal JSON, to a validated and sealed snapshot: against
what ``orjson.loads`` alone takes on the same bytes.

The peer keeps what it has loaded until the last page is, as whoever normalizes rows must. The product checks
each page's contract and the portal's count, makes both tables of the common schema with keys and provenance,
and seals them in a vault; the pages of both are in memory before anything is measured.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import orjson

from bench.figures import Figure, median_ratio, paired, spread
from normalizers.registry import normalize
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage
from stages.normalize import serialized
from vault.reference import KeyClass
from vault.vault import Vault, VaultSettings

FORMAT, PAGE_SIZE, INVOICES = "gateway.invoice", 1_000, 100_000
MOST_RATIO, MOST_MIB = 1.0, 600
_OWN = "91310000MA1FL8XQ37"
_CLIENTS, _DAYS = 5_000, 28


def run(*, quick: bool) -> list[Figure]:
    """Two ratios and the memory of a process that holds the pages and makes one snapshot of them."""
    rounds, invoices = (1, 5_000) if quick else (7, INVOICES)
    pages = list(_pages(invoices))
    with _vault() as vault:
        kept = paired(lambda _: _peer(pages, keep=True), lambda _: product(vault, pages), rounds)
        dropped = paired(lambda _: _peer(pages, keep=False), lambda _: product(vault, pages), rounds)
    what = f"{invoices:,} invoices, 3 lines each, {sum(len(page.content) for page in pages) / 1e6:.0f} MB"
    ratio, memory = median_ratio(kept), _memory_mib(invoices)
    return [
        Figure(
            f"{what}: product ÷ orjson.loads",
            ratio,
            "",
            f"below {MOST_RATIO:g}",
            ratio < MOST_RATIO,
            spread(kept, " s"),
        ),
        Figure(
            "the same, where the peer forgets each page at once",
            median_ratio(dropped),
            "",
            "told for comparison",
            True,
            spread(dropped, " s"),
        ),
        Figure(
            "most memory of the process, pages included",
            memory,
            " MiB",
            f"under {MOST_MIB} MiB",
            memory < MOST_MIB,
        ),
    ]


def product(vault: Vault, pages: list[RawPage]) -> float:
    """Seconds from raw pages to sealed tables."""
    started = time.perf_counter()
    done = normalize(Dataset.INVOICE, pages, [f"raw/{page.sequence}" for page in pages])
    refs = vault.seal_many(
        "bench", "table", [serialized(table) for table in done.tables.values()], key_class=KeyClass.DATA
    )
    seconds = time.perf_counter() - started
    assert len(refs) == 2
    assert done.tables["invoice_line"].height == 3 * done.tables["invoice"].height
    return seconds


def _peer(pages: list[RawPage], *, keep: bool) -> float:
    started = time.perf_counter()
    held = []
    for page in pages:
        loaded = orjson.loads(page.content)
        if keep:
            held.append(loaded)
    return time.perf_counter() - started


def _memory_mib(invoices: int) -> float:
    """Of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.normalize", str(invoices)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


@contextmanager
def _vault() -> Iterator[Vault]:
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder:
        vault = Vault.open(VaultSettings.in_folder(Path(folder)))
        try:
            yield vault
        finally:
            vault.close()


def _pages(invoices: int) -> Iterator[RawPage]:
    """Synthetic, each invoice and line of its own, in the gateway's form."""
    start = date(2024, 1, 1)
    period = Period(start=start, end=date(2024, 12, 31))
    fetched = datetime(2025, 1, 1, tzinfo=UTC)
    for first in range(0, invoices, PAGE_SIZE):
        body = {"nsrsbh": _OWN, "fx": "1", "zts": invoices, "ys": first // PAGE_SIZE + 1, "mys": PAGE_SIZE}
        listed = [_invoice(number) for number in range(first, min(first + PAGE_SIZE, invoices))]
        content = orjson.dumps(body | {"fpxx": listed})
        yield RawPage(
            dataset=Dataset.INVOICE,
            period=period,
            region="31",
            route=Route.API,
            source_format=FORMAT,
            locator="/fp",
            sequence=first // PAGE_SIZE,
            content=content,
            content_type="application/json",
            fetched_at=fetched,
            portal_total=invoices,
        )


def _invoice(number: int) -> dict[str, object]:
    lines = [_line(number, place) for place in range(3)]
    amount, tax = sum(fen for _, fen, _ in lines), sum(tax for _, _, tax in lines)
    client = number * 7919 % _CLIENTS
    return {
        "fpdm": None,
        "fphm": f"2431{number:016d}",
        "fplx": "81",
        "kprq": f"2024-{number % 12 + 1:02}-{number % _DAYS + 1:02} 10:{number % 60:02}:{number * 7 % 60:02}",
        "xfsbh": _OWN,
        "xfmc": "沙盒示例有限公司",
        "gfsbh": f"9144{client:014d}",
        "gfmc": f"客户{client}有限公司",
        "je": _yuan(amount),
        "se": _yuan(tax),
        "jshj": _yuan(amount + tax),
        "fpzt": "0",
        "yfphm": None,
        "kpsbh": None,
        "mx": [line for line, _, _ in lines],
    }


def _line(number: int, place: int) -> tuple[dict[str, object], int, int]:
    """The line, its amount and its tax in fen."""
    quantity, price = number * 31 % 99 + 1, (number * 7 + place * 104_729) % 99_900 + 100
    amount = quantity * price
    tax = round(amount * 0.13)
    line = {
        "xh": place + 1,
        "hwmc": "*金属制品*零件",
        "spbm": "1080416010000000000",
        "ggxh": None,
        "dw": "件",
        "sl": str(quantity),
        "dj": _yuan(price),
        "slv": "13%",
        "je": _yuan(amount),
        "se": _yuan(tax),
    }
    return line, amount, tax


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def _main(invoices: int) -> None:
    with _vault() as vault:
        product(vault, list(_pages(invoices)))
    status = Path("/proc/self/status").read_text()
    print(int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
