"""A figure beside what was promised, and its place in ``docs/benchmarks.md``."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_VERDICTS = {True: "yes", False: "**no**", None: "–"}


@dataclass(frozen=True)
class Figure:
    """One number that was measured. ``met`` compares it with the ``promise`` as that is worded; None where it
    promises nothing."""

    what: str
    value: float
    unit: str
    promise: str
    met: bool | None
    spread: str = ""

    def line(self) -> str:
        verdict = {True: ": met", False: ": NOT MET", None: ""}[self.met]
        return f"{self.what}: {self.value:.3g}{self.unit} ({self.promise}{verdict}) {self.spread}".rstrip()


def paired(
    peer: Callable[[int], float], product: Callable[[int], float], rounds: int
) -> list[tuple[float, float]]:
    """Both measured in turn, so that each pair meets the same load of the machine. Each is given the round's
    number."""
    return [(peer(number), product(number)) for number in range(rounds)]


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """The median of product ÷ peer over the pairs."""
    return statistics.median(product / peer for peer, product in pairs)


def spread(pairs: Sequence[tuple[float, float]], unit: str) -> str:
    """The pairs behind a ratio, for the reader to judge the noise."""
    ratios = sorted(product / peer for peer, product in pairs)
    peer, product = (statistics.median(side) for side in zip(*pairs, strict=True))
    return (
        f"peer {peer:.3g}{unit}, product {product:.3g}{unit} (medians of {len(pairs)} rounds); "
        f"ratios {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )


def write(name: str, command: str, figures: Sequence[Figure], document: Path = DOCUMENT) -> None:
    """Put the figures of one benchmark between its markers. Raises ``ValueError`` when they are not there."""
    begin, end = f"<!-- {name}: figures -->", f"<!-- {name}: end -->"
    text = document.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no markers of {name} in {document.name}")
    table = "\n".join(
        [
            "| figure | measured | promised | met | behind it |",
            "|---|---|---|---|---|",
            *(
                f"| {each.what} | {each.value:.3g}{each.unit} | {each.promise} | "
                f"{_VERDICTS[each.met]} | {each.spread} |"
                for each in figures
            ),
        ]
    )
    taken = f"`{command}` on {_machine()}, {datetime.now(UTC):%Y-%m-%d}."
    document.write_text(f"{before}{begin}\n{taken}\n\n{table}\n{end}{after}", encoding="utf-8")


def _machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )
