"""The fitted card: size and the few columns that add to it at every date, by ridge regression on evidence.

Firms appear once a date; a split is always by firm. Coefficients are held at or above 0, for a negative one
would turn a column against its direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from scoring.fitted import FittedCard, Line
from scoring.training.binning import Curve, curve, straight
from scoring.training.sample import DIRECTIONS, Sample
from scoring.training.signs import SIZE, added, agreed, chosen
from scoring.value import Bools, Floats

RIDGE = 2.0
"""Half the penalty's weight on the squared distance of a coefficient from 1 ÷ number of columns."""
MOST_ADDED = 3


@dataclass(frozen=True)
class Fit:
    """A fit: its curves and coefficients by column."""

    curves: dict[str, Curve]
    coefficients: dict[str, float]
    intercept: float

    def log_odds(self, sample: Sample) -> Floats:
        """Of default, one a firm."""
        parts = [self.coefficients[key] * bend(sample[key]) for key, bend in self.curves.items()]
        return np.asarray(self.intercept + np.sum(parts, axis=0))


def fit(samples: Sequence[Sample], columns: tuple[str, ...] | None = None) -> Fit:
    """Fits on firms at one or more dates. ``columns`` beside size are chosen when not given."""
    if columns is None:
        columns = chosen(samples[0], agreed([added(each) for each in samples]), MOST_ADDED)
    bad = np.concatenate([_bad(each) for each in samples])
    curves: dict[str, Curve] = {}
    for column in (SIZE, *columns):
        values = np.concatenate([each[column] for each in samples])
        curves[column] = (
            straight(values, bad) if column == SIZE else curve(column, values, bad, DIRECTIONS[column])
        )
    evidence = np.column_stack(
        [np.concatenate([bend(each[column]) for each in samples]) for column, bend in curves.items()]
    )
    intercept, coefficients = ridge(evidence, bad, len(samples))
    return Fit(curves, dict(zip(curves, coefficients, strict=True)), intercept)


def _bad(sample: Sample) -> Bools:
    if sample.bad is None:
        raise ValueError("firms without outcomes cannot be fitted on")
    return sample.bad


def ridge(evidence: Floats, bad: Bools, dates: int) -> tuple[float, list[float]]:
    """Intercept and coefficients. A firm counts once, however many dates show it. The prior of a coefficient
    is an equal share of the evidence, since columns tell much of the same story."""
    prior = 1.0 / evidence.shape[1]

    def loss(beta: Floats) -> tuple[float, Floats]:
        z = beta[0] + evidence @ beta[1:]
        error = 1 / (1 + np.exp(-z)) - bad
        away = beta[1:] - prior
        value = float((np.logaddexp(0, z) - bad * z).sum() / dates + RIDGE * (away**2).sum())
        slope = np.concatenate([[error.sum()], evidence.T @ error]) / dates
        slope[1:] += 2 * RIDGE * away
        return value, slope

    rate = bad.mean()
    start = np.concatenate([[np.log(rate / (1 - rate))], np.full(evidence.shape[1], prior)])
    bounds = [(None, None)] + [(0.0, None)] * evidence.shape[1]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(found[0]), [float(each) for each in found[1:]]


def card(samples: Sequence[Sample], version: str, seed: int) -> FittedCard:
    """The card of these firms as the runtime reads it."""
    done = fit(samples)
    first = samples[0]
    return FittedCard(
        version=version,
        fitted_on=first.sha256,
        firms=len(first.codes),
        bads=int(_bad(first).sum()),
        as_of=tuple(each.as_of for each in samples),
        seed=seed,
        intercept=done.intercept,
        lines={
            key: Line(
                centres=bend.centres,
                woe=bend.woe,
                missing=bend.missing,
                coefficient=done.coefficients[key],
                logarithmic=bend.logarithmic,
            )
            for key, bend in done.curves.items()
        },
    )
