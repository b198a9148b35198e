"""Cross-validation by firm, repeated and stratified; everything that is chosen is chosen inside the fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from scoring.training.fit import fit
from scoring.training.measures import ahead
from scoring.training.rivals import Rival
from scoring.training.sample import Sample, outcomes
from scoring.value import Floats

FOLDS = 5
Progress = Callable[[], None]


@dataclass(frozen=True)
class Kept:
    """``risk`` of each firm is the mean over the repeats in which it was kept back. ``wins`` has shape (bads,
    goods): how often the bad was given more risk, of the times the two were kept back by the same fit (a tie
    is a half; NaN when they never were)."""

    risk: Floats
    wins: Floats


def out_of_fold(
    samples: Sequence[Sample], rival: Rival, seed: int, repeats: int, done: Progress = lambda: None
) -> list[Kept]:
    """What is said of firms kept back, for each date.

    Risks of different fits do not share a scale, and a fit that missed a bad thinks less of bads: an area
    over all of them together is too low for whatever was fitted, even for size alone. Pairs are therefore
    compared within one fit (Forman and Scholz 2010; Airola et al. 2011)."""
    bad = outcomes(samples[0])
    risks = [np.zeros(len(each.codes)) for each in samples]
    wins = [np.zeros((len(risks[0]), len(risks[0]))) for _ in samples]
    together = np.zeros_like(wins[0])
    for number, (train, kept) in enumerate(_splits(samples, seed, repeats)):
        risk_of = rival([each.rows(train) for each in samples], seed + number)
        met = np.ix_(kept, kept)
        together[met] += 1
        for risk, won, sample in zip(risks, wins, samples, strict=True):
            said = risk_of(sample.rows(kept))
            risk[kept] += said / repeats
            won[met] += ahead(said, said)
        done()
    pairs = np.ix_(bad, ~bad)
    with np.errstate(invalid="ignore"):
        return [Kept(risk, won[pairs] / together[pairs]) for risk, won in zip(risks, wins, strict=True)]


def taken(samples: Sequence[Sample], seed: int, repeats: int) -> Counter[str]:
    """In how many folds the fitted card took each column."""
    found: Counter[str] = Counter()
    for train, _ in _splits(samples, seed, repeats):
        done = fit([each.rows(train) for each in samples])
        found.update(column for column, weight in done.coefficients.items() if weight > 0)
    return found


def _splits(samples: Sequence[Sample], seed: int, repeats: int) -> list[tuple[np.ndarray, np.ndarray]]:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=seed)
    return list(folds.split(samples[0].matrix, outcomes(samples[0])))
