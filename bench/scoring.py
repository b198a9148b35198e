"""Measuring one firm of 10,000 invoices, against pandas doing 50 of the 573 columns; and a thousand firms.

Both sides start from columns in memory: ours decoded as a batch keeps them, the peer's as a data frame.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.figures import Figure, median_ratio, paired, spread
from bench.pandas_peer import fifty, frame
from bench.scoring_firms import AS_OF, DECIDED, context, firm
from scoring.facts import everything
from scoring.inputs.batch import Batch, gather
from scoring.policy.loader import load

INVOICES, FIRMS = 10_000, 1_000
_WANTED = ("direction", "kind", "state", "seller_id", "buyer_id", "issued_at", "amount_fen")


def run(*, quick: bool) -> list[Figure]:
    """Milliseconds for one firm, how many times pandas takes, and seconds for a thousand firms."""
    rounds, invoices, firms = (2, 500, 10) if quick else (25, INVOICES, FIRMS)
    one = firm(1, invoices)
    batch = gather([one], [context()], DECIDED, load().measurement)
    peer = frame(one.table("invoice").select(_WANTED).to_dict(as_series=False))
    pairs = paired(lambda _: _seconds(lambda: fifty(peer, AS_OF)), lambda _: _measured(batch), rounds)
    times = 1 / median_ratio(pairs)
    alone = statistics.median(product for _, product in pairs) * 1e3
    fresh = statistics.median(
        _seconds(lambda: everything(gather([one], [context()], DECIDED, load().measurement)))
        for _ in range(rounds)
    )
    many = [firm(number, invoices // 10, others=False) for number in range(firms)]
    whole = gather(many, [context()] * firms, DECIDED, load().measurement)
    first = _measured(whole)
    again = statistics.median(_measured(whole) for _ in range(3))
    what = f"one firm, {invoices:,} invoices, 573 columns"
    return [
        Figure(what, alone, " ms", "at most 5 ms", alone <= 5, f"from tables {fresh * 1e3:.3g} ms"),
        Figure(f"{what}: pandas 50 ÷ product", times, "", "at least 10", times >= 10, spread(pairs, " s")),
        Figure(
            f"{firms:,} firms, {firms * invoices // 10:,} invoices",
            again,
            " s",
            "at most 0.6 s",
            again <= 0.6,
            f"columns decoded the first time {first:.3g} s",
        ),
    ]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _measured(batch: Batch) -> float:
    return _seconds(lambda: everything(batch))
