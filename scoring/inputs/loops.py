"""Circles of sales through other authorised firms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from schema.period import trailing_months
from scoring.context import Edge
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.measure import derived
from scoring.value import NOT_AVAILABLE, Floats

Flow = Mapping[str, Mapping[str, float]]
"""Seller to buyer to fen."""


@derived
def circled(sales: Side, purchases: Side, batch: Batch) -> Floats:
    """Fen of the year's sales that come back over at most 4 sales, a firm."""
    pairs, sold, back = sales.pairs, sales.net(0, 12), purchases.net(0, 12)
    direct = np.maximum(np.minimum(sold, back), 0)
    found = np.where([context.edges is None for context in batch.contexts], NOT_AVAILABLE, pairs.sum(direct))
    seen: dict[tuple[int, date], Flow] = {}
    starts = np.searchsorted(pairs.firm, np.arange(batch.firms + 1))
    for firm, (context, day) in enumerate(zip(batch.contexts, batch.as_of, strict=True)):
        if not context.edges:
            continue
        key = (id(context.edges), day)
        if key not in seen:
            seen[key] = flow(context.edges, day)
        mine = range(starts[firm], starts[firm + 1])
        ways = {pairs.keys[pair]: float(back[pair]) for pair in mine if back[pair] > 0}
        found[firm] = sum(
            min(float(sold[pair]), _widest(seen[key], ways, pairs.keys[pair]))
            for pair in mine
            if sold[pair] > 0
        )
    return found


def flow(edges: tuple[Edge, ...], as_of: date) -> Flow:
    """The sales of the last 12 months, summed."""
    window = trailing_months(as_of, 12)
    found: dict[str, dict[str, float]] = {}
    for edge in edges:
        if window.start <= edge.event_date <= window.end:
            to = found.setdefault(edge.seller, {})
            to[edge.buyer] = to.get(edge.buyer, 0.0) + edge.amount_fen
    return found


def _widest(sold: Flow, direct: Mapping[str, float], customer: str, steps: int = 2) -> float:
    """The widest way back from a customer: its narrowest sale, over at most ``steps`` firms between."""
    best = direct.get(customer, 0.0)
    if steps:
        for buyer, amount in sold.get(customer, {}).items():
            if amount > best:
                best = max(best, min(amount, _widest(sold, direct, buyer, steps - 1)))
    return best
