"""The fitted card: size, and beside it every column that adds to it with its sign at every date.

Among few outcomes a choice of the best columns is mostly luck. So size is held, hardly pulled; all columns of
the right sign come in together, each by its rank, each pulled hard to 0, so that they speak as one index
(Dawes 1979 shows how little is lost by that).

Firms appear once a date; a split is always by firm. Coefficients are held at or above 0, for a negative one
would turn a column against its direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from scoring.fitted import FittedCard, Line
from scoring.training.binning import Curve, ranked, straight
from scoring.training.sample import DIRECTIONS, Sample, outcomes
from scoring.training.signs import SIZES, added, agreed
from scoring.value import Bools, Floats

PULL, PULL_OF_SIZE = 5.0, 0.05
"""Weights of a squared coefficient in the penalty."""


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
    """Fits on firms at one or more dates. ``columns`` beside size are chosen when not given. Size is the
    mean of its two lines, of one year and of two, as banks read sales."""
    if columns is None:
        columns = tuple(agreed([added(each) for each in samples]))
    bad = np.concatenate([outcomes(each) for each in samples])
    together = {column: np.concatenate([each[column] for each in samples]) for column in (*SIZES, *columns)}
    curves = {
        column: straight(values) if column in SIZES else ranked(values, DIRECTIONS[column])
        for column, values in together.items()
    }
    return weighed(curves, samples, bad)


def weighed(
    curves: dict[str, Curve], samples: Sequence[Sample], bad: Bools | Floats, dates: int | None = None
) -> Fit:
    """The fit of curves that are given, to the outcomes of all samples one after another. ``dates`` show each
    firm; as many as there are samples unless told."""
    columns = [column for column in curves if column not in SIZES]
    size, *rest = (
        np.mean([_evidence(curves, samples, column) for column in SIZES], axis=0),
        *(_evidence(curves, samples, column) for column in columns),
    )
    pull = np.array([PULL_OF_SIZE, *[PULL] * len(rest)])
    evidence = np.column_stack([size, *rest])
    intercept, (of_size, *others) = ridge(evidence, bad, dates or len(samples), pull)
    coefficients = dict.fromkeys(SIZES, of_size / len(SIZES)) | dict(zip(columns, others, strict=True))
    return Fit(curves, coefficients, intercept)


def _evidence(curves: dict[str, Curve], samples: Sequence[Sample], column: str) -> Floats:
    return np.concatenate([curves[column](each[column]) for each in samples])


def ridge(
    evidence: Floats, bad: Bools | Floats, dates: int, pull: Floats, prior: float = 0.0
) -> tuple[float, list[float]]:
    """Intercept and coefficients, at 0 or above, each pulled to the prior by its weight. A firm counts once,
    however many dates show it. A part of a bad is a part."""

    def loss(beta: Floats) -> tuple[float, Floats]:
        z = beta[0] + evidence @ beta[1:]
        error = 1 / (1 + np.exp(-z)) - bad
        away = beta[1:] - prior
        value = float((np.logaddexp(0, z) - bad * z).sum() / dates + (pull * away**2).sum())
        slope = np.concatenate([[error.sum()], evidence.T @ error]) / dates
        slope[1:] += 2 * pull * away
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
        bads=int(outcomes(first).sum()),
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
            if done.coefficients[key] > 0
        },
    )
