"""Goods sold against goods bought, by item class, with the industry's table of what is made of what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.items import Lines
from scoring.measure import derived
from scoring.value import INSUFFICIENT, NOT_APPLICABLE, Floats


@dataclass(frozen=True, eq=False)
class Goods:
    """``match`` is the Jaccard index of the classes that sales call for and those bought; ``unbacked`` the
    share of goods sold of which nothing they are made of was bought. Services need no purchase."""

    match: Floats
    unbacked: Floats


@derived
def goods(lines_sold: Lines, lines_bought: Lines, batch: Batch) -> Goods:
    """``NOT_APPLICABLE`` without goods sold."""
    prefixes = tuple(batch.measurement.goods_prefixes)
    bought: list[set[str]] = [set() for _ in batch.contexts]
    for firm, item in zip(lines_bought.firm_of.tolist(), lines_bought.class_of, strict=True):
        bought[firm].add(item)
    called: list[set[str]] = [set() for _ in batch.contexts]
    sums = np.zeros((2, batch.firms))
    rows = zip(lines_sold.firm_of.tolist(), lines_sold.class_of, lines_sold.fen.tolist(), strict=True)
    for firm, item, fen in rows:
        if item.startswith(prefixes):
            benchmark = batch.contexts[firm].benchmark
            made_of = {item} if benchmark is None else benchmark.inputs_of.get(item, {item})
            called[firm] |= made_of
            sums[0, firm] += fen
            sums[1, firm] += 0.0 if made_of & bought[firm] else fen
    both = np.array([len(wanted & held) for wanted, held in zip(called, bought, strict=True)])
    either = np.array([len(wanted | held) for wanted, held in zip(called, bought, strict=True)])
    nothing = lines_sold.gap + np.where(sums[0] > 0, 0.0, NOT_APPLICABLE)
    unmatched = np.where(lines_bought.gap == 0, 0.0, lines_bought.gap) + nothing
    return Goods(
        np.where(either > 0, both / np.maximum(either, 1), INSUFFICIENT) + unmatched,
        sums[1] / sums[0] + unmatched,
    )
