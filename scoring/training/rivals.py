"""What a fitted card is compared with: sales alone, the expert card, LightGBM and an explainable boosting
machine (EBM, Nori et al. 2019)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from lightgbm import LGBMClassifier

from scoring.measure import RISKIER, SAFER
from scoring.training.fit import fit
from scoring.training.sample import DIRECTIONS, Sample
from scoring.training.signs import SIZE, added, agreed, chosen, size
from scoring.value import Floats

Rival = Callable[[Sequence[Sample], int], Callable[[Sample], Floats]]
"""From firms at one or more dates and a seed to what gives a risk, more is riskier."""

COLUMNS_OF_MACHINES = 10
"""Columns that a boosted machine may read, beside size, chosen inside each fold."""


def sales_alone(samples: Sequence[Sample], seed: int) -> Callable[[Sample], Floats]:
    """−ln(1 + yearly sales): nothing is fitted."""
    return lambda sample: -size(sample)


def sales_refitted(samples: Sequence[Sample], seed: int) -> Callable[[Sample], Floats]:
    """The fitted card without its other columns: what refitting costs, what a second year of sales adds."""
    return fit(samples, ()).log_odds


def fitted_card(samples: Sequence[Sample], seed: int) -> Callable[[Sample], Floats]:
    """Log odds of the WOE card."""
    return fit(samples).log_odds


def lightgbm(samples: Sequence[Sample], seed: int) -> Callable[[Sample], Floats]:
    """Gradient-boosted stumps and small trees, monotone by direction."""
    columns = _columns(samples)
    signs = [{SAFER: -1, RISKIER: 1}.get(DIRECTIONS[each], 0) for each in columns]
    model = LGBMClassifier(
        n_estimators=100, learning_rate=0.05, num_leaves=4, min_child_samples=8, reg_lambda=5.0,
        monotone_constraints=signs, random_state=seed, n_jobs=1, verbose=-1,
    )  # fmt: skip
    return _machine(model, columns, samples)


def explainable(samples: Sequence[Sample], seed: int) -> Callable[[Sample], Floats]:
    """EBM without interactions, monotone by direction."""
    columns = _columns(samples)
    signs = [{SAFER: -1, RISKIER: 1}.get(DIRECTIONS[each], 0) for each in columns]
    model = ExplainableBoostingClassifier(
        interactions=0, max_bins=16, outer_bags=2, max_rounds=200, min_samples_leaf=5,
        monotone_constraints=signs, random_state=seed, n_jobs=1,
    )  # fmt: skip
    return _machine(model, columns, samples)


RIVALS: dict[str, Rival] = {
    "sales alone": sales_alone,
    "sales refitted": sales_refitted,
    "fitted card": fitted_card,
    "LightGBM": lightgbm,
    "EBM": explainable,
}


def _columns(samples: Sequence[Sample]) -> tuple[str, ...]:
    statistics = agreed([added(each) for each in samples])
    return (SIZE, *chosen(samples[0], statistics, COLUMNS_OF_MACHINES))


def _matrix(sample: Sample, columns: tuple[str, ...]) -> Floats:
    return np.column_stack([sample[each] for each in columns])


def _machine(model: Any, columns: tuple[str, ...], samples: Sequence[Sample]) -> Callable[[Sample], Floats]:
    bad = np.concatenate([each.bad for each in samples if each.bad is not None])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Missing values detected", UserWarning)
        model.fit(np.concatenate([_matrix(each, columns) for each in samples]), bad.astype(int))
    return lambda sample: np.asarray(model.predict_proba(_matrix(sample, columns))[:, 1])
