"""Cross-validation by firm, repeated and stratified; everything that is chosen is chosen inside the fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from scoring.training.fit import fit
from scoring.training.rivals import Rival
from scoring.training.sample import Sample
from scoring.value import Floats

FOLDS = 5
Progress = Callable[[], None]


def out_of_fold(
    samples: Sequence[Sample], rival: Rival, seed: int, repeats: int, done: Progress = lambda: None
) -> list[Floats]:
    """The mean risk of each firm over the repeats in which it was kept back, for each date."""
    risks = [np.zeros(len(each.codes)) for each in samples]
    for number, (train, kept) in enumerate(_splits(samples, seed, repeats)):
        risk_of = rival([each.rows(train) for each in samples], seed + number)
        for risk, sample in zip(risks, samples, strict=True):
            risk[kept] += risk_of(sample.rows(kept)) / repeats
        done()
    return risks


def taken(samples: Sequence[Sample], seed: int, repeats: int) -> Counter[str]:
    """In how many folds the fitted card took each column."""
    found: Counter[str] = Counter()
    for train, _ in _splits(samples, seed, repeats):
        found.update(list(fit([each.rows(train) for each in samples]).curves))
    return found


def _splits(samples: Sequence[Sample], seed: int, repeats: int) -> list[tuple[np.ndarray, np.ndarray]]:
    first = samples[0]
    if first.bad is None:
        raise ValueError("firms without outcomes cannot be validated on")
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=seed)
    return list(folds.split(first.matrix, first.bad))
