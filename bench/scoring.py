"""Measuring one firm of 10,000 invoices: all columns, and fifty of them against pandas; and a thousand firms.

Both sides start from columns in memory: ours decoded as a batch keeps them, the peer's as data frames. All in
processor time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.figures import Figure, median_ratio, paired, spread
from bench.pandas_peer import COLUMNS, fifty, sides
from bench.scoring_firms import AS_OF, DECIDED, context, firm
from scoring.facts import everything, some
from scoring.inputs.batch import gather
from scoring.policy.loader import load

INVOICES, FIRMS = 10_000, 1_000


def run(*, quick: bool) -> list[Figure]:
    """Milliseconds for one firm, how many times pandas takes, and seconds for a thousand firms."""
    rounds, invoices, firms = (2, 500, 10) if quick else (40, INVOICES, FIRMS)
    one = firm(1, invoices)
    batch = gather([one], [context()], DECIDED, load().measurement)
    issued, received = sides(one.table("invoice"), AS_OF)
    pairs = paired(
        lambda _: _seconds(lambda: fifty(issued, received, AS_OF)),
        lambda _: _seconds(lambda: some(batch, COLUMNS)),
        rounds,
    )
    times = 1 / median_ratio(pairs)
    alone = _median(lambda: everything(batch), rounds) * 1e3
    fresh = _median(lambda: everything(gather([one], [context()], DECIDED, load().measurement)), rounds) * 1e3
    many = [firm(number, invoices // 10, others=False) for number in range(firms)]
    whole = gather(many, [context()] * firms, DECIDED, load().measurement)
    first = _seconds(lambda: everything(whole))
    again = _median(lambda: everything(whole), 3)
    what = f"one firm, {invoices:,} invoices"
    return [
        Figure(
            f"{what}, 573 columns", alone, " ms", "at most 5 ms", alone <= 5, f"from tables {fresh:.3g} ms"
        ),
        Figure(
            f"{what}: the same 50 columns, pandas ÷ product", times, "", "at least 10", times >= 10,
            spread(pairs, " s"),
        ),
        Figure(
            f"{firms:,} firms, {firms * invoices // 10:,} invoices", again, " s", "at most 0.6 s",
            again <= 0.6, f"columns decoded the first time {first:.3g} s",
        ),
    ]  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _median(work: Callable[[], object], rounds: int) -> float:
    return statistics.median(_seconds(work) for _ in range(rounds))
