"""Champion and challenger on the same applications: how far they agree, and whom each would swap for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.decision import Decision
from scoring.result import ScoreResult
from scoring.value import Floats


@dataclass(frozen=True)
class Comparison:
    """``taken`` applications are lent to by either side: as many as the champion did not decline."""

    applications: int
    scored_by_both: int
    taken: int
    agreement: float | None
    """Share of applications that both take or both leave."""
    rank_correlation: float | None
    """Spearman's, of the two probabilities of default."""
    swapped_in: tuple[int, ...]
    """Positions that the challenger alone would take, safest first."""
    swapped_out: tuple[int, ...]
    """Positions that the champion alone would take, the challenger's riskiest first."""


def compare(results: Sequence[ScoreResult]) -> Comparison:
    """Neutral in the rate of approval: each takes its safest, as many as the champion did not decline. With
    fewer than two applications that both scored there is nothing to compare."""
    both = [
        (place, each.pd, each.challenger.pd, each.decision)
        for place, each in enumerate(results)
        if each.pd is not None and each.challenger is not None and each.challenger.pd is not None
    ]
    if len(both) < 2:
        return Comparison(len(results), len(both), 0, None, None, (), ())
    places = np.array([place for place, *_ in both])
    ours, theirs = (np.array([row[side] for row in both], dtype=np.float64) for side in (1, 2))
    taken = sum(row[3] is not Decision.DECLINE for row in both)
    champion, challenger = (_safest(pd, taken) for pd in (ours, theirs))
    order = np.argsort(theirs, kind="stable")
    return Comparison(
        applications=len(results),
        scored_by_both=len(both),
        taken=taken,
        agreement=float((champion == challenger).mean()),
        rank_correlation=_spearman(ours, theirs),
        swapped_in=tuple(int(places[each]) for each in order if challenger[each] and not champion[each]),
        swapped_out=tuple(
            int(places[each]) for each in order[::-1] if champion[each] and not challenger[each]
        ),
    )


def _safest(pd: Floats, many: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.zeros(len(pd), dtype=np.bool_)
    chosen[np.argsort(pd, kind="stable")[:many]] = True
    return chosen


def _spearman(one: Floats, other: Floats) -> float | None:
    """None when a side gives everyone the same."""
    ranks = [_ranks(each) for each in (one, other)]
    if any(rank.std() == 0 for rank in ranks):
        return None
    table: Floats = np.corrcoef(np.stack(ranks))
    return float(table[0, 1])


def _ranks(numbers: Floats) -> Floats:
    """Ranks from 0, ties shared."""
    ordered = np.sort(numbers)
    return (np.searchsorted(ordered, numbers, "left") + np.searchsorted(ordered, numbers, "right") - 1) / 2.0
