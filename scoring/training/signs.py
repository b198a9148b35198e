"""What a column adds to size, and whether with the sign that the catalogue gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.linear_model import LogisticRegression

from scoring.indicators import CATALOGUE
from scoring.measure import RISKIER, SAFER
from scoring.training.sample import DIRECTIONS, Sample
from scoring.value import Floats

SIZE = "out_amt_12m"
SIZES = (SIZE, "out_amt_24m")
FAMILY = {key: entry.reason_family for entry in CATALOGUE.values() for key in entry.columns}
LEAST_Z = 1.0
"""Below it a column is not worth its place."""
MOST_ALIKE = 0.8


def size(sample: Sample) -> Floats:
    """ln(1 + yearly sales in yuan), 0 for firms without sales."""
    amounts = sample[SIZE]
    return np.asarray(np.log1p(np.clip(np.where(np.isfinite(amounts), amounts, 0.0), 0.0, None)))


def added(sample: Sample) -> dict[str, float]:
    """Score statistic (Rao 1948) of each column beside size, standard normal when it adds nothing; positive
    when it has the catalogue's sign. Columns enter by their normal scores, missing ones at the middle."""
    assert sample.bad is not None
    bad = sample.bad.astype(np.float64)
    design = np.column_stack([np.ones(len(bad)), _standard(size(sample))])
    fitted = LogisticRegression(C=10.0).fit(design[:, 1:], sample.bad)
    rate = fitted.predict_proba(design[:, 1:])[:, 1]
    weight = rate * (1 - rate)
    gram = (design * weight[:, None]).T @ design
    found: dict[str, float] = {}
    for column in sample.columns:
        sign = {SAFER: -1.0, RISKIER: 1.0}.get(DIRECTIONS[column])
        if sign is None or FAMILY[column] == FAMILY[SIZE]:
            continue
        score = _normal_scores(sample[column])
        residual = score - design @ np.linalg.solve(gram, (design * weight[:, None]).T @ score)
        spread = float(np.sqrt((weight * residual**2).sum()))
        found[column] = sign * float(residual @ (bad - rate)) / spread if spread > 1e-9 else 0.0
    return found


def agreed(at: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean statistic of the columns that have their sign at every date, best first."""
    shared = set.intersection(*(set(each) for each in at))
    kept = {
        column: sum(each[column] for each in at) / len(at)
        for column in shared
        if min(each[column] for each in at) > 0
    }
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))


def chosen(sample: Sample, statistics: Mapping[str, float], most: int) -> tuple[str, ...]:
    """The best columns, at most so many, none that adds too little, one a reason family, and none that tells
    what a better one has told (rank correlation)."""
    taken: dict[str, Floats] = {}
    for column, z in statistics.items():
        if len(taken) == most or z < LEAST_Z:
            break
        score = _normal_scores(sample[column])
        if FAMILY[column] in map(FAMILY.__getitem__, taken):
            continue
        if all(abs(np.corrcoef(score, other)[0, 1]) <= MOST_ALIKE for other in taken.values()):
            taken[column] = score
    return tuple(taken)


def _standard(column: Floats) -> Floats:
    return np.asarray((column - column.mean()) / (column.std() or 1.0))


def _normal_scores(column: Floats) -> Floats:
    """Ranks as normal quantiles, ties shared."""
    there = np.isfinite(column)
    found = np.zeros(len(column))
    if there.any():
        found[there] = norm.ppf((rankdata(column[there]) - 0.5) / there.sum())
    return found
