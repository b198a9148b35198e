"""What a decision with its reasons costs beyond the measurement: a firm measured, and decided, in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.figures import Figure, paired, spread
from bench.scoring_firms import DECIDED, context, firm
from scoring.decision import Application, decide
from scoring.facts import Facts, everything
from scoring.policy.loader import load

INVOICES = 10_000
ASKED = Application(requested_amount_fen=100_000_000, term_months=12)


def run(*, quick: bool) -> list[Figure]:
    """Milliseconds for the decision on a measured firm, and its part of the measurement."""
    rounds, invoices = (3, 500) if quick else (60, INVOICES)
    policy = load()
    facts = Facts(firm(1, invoices), context(), DECIDED, policy.measurement)
    pairs = paired(
        lambda _: _seconds(lambda: everything(facts.batch)),
        lambda _: _seconds(lambda: decide(facts, ASKED, policy)),
        rounds,
    )
    beyond = statistics.median(alone for _, alone in pairs) * 1e3
    return [
        Figure(
            f"one firm, {invoices:,} invoices: decision with reasons beyond measurement",
            beyond, " ms", "at most 1 ms", beyond <= 1, spread(pairs, " s"),
        )
    ]  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
