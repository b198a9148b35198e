"""The study of labelled firms: every rival cross-validated at every date, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.training import expert
from scoring.training.crossval import FOLDS, out_of_fold, taken
from scoring.training.firms import Firms
from scoring.training.measures import (
    Calibration,
    Estimate,
    areas,
    calibration,
    delong,
    discrimination,
    draws,
)
from scoring.training.rivals import RIVALS
from scoring.training.sample import Sample, measured
from scoring.training.signs import added, agreed
from scoring.value import Bools, Floats

DATES = (date(2020, 1, 31), date(2019, 1, 31))
SEED = 20_201
BASELINE, CARD, EXPERT = "sales alone", "fitted card", "expert card"


@dataclass(frozen=True)
class Standing:
    """One rival at one date: discrimination, its difference from sales alone, the p value and an interval of
    the difference over resampled firms."""

    figures: dict[str, Estimate]
    difference: Estimate
    p: float


@dataclass(frozen=True)
class Study:
    """Everything that the report says of the labelled firms."""

    firms: int
    bads: int
    sha256: str
    seed: int
    repeats: int
    standings: dict[date, dict[str, Standing]]
    calibration: dict[date, Calibration]
    """Of the fitted card, out of fold."""
    adds: dict[str, tuple[float, ...]]
    """Score statistics at each date of columns that add to size with their sign, best first."""
    contradicted: dict[str, tuple[float, ...]]
    """Of columns that go against their sign at every date by more than one standard error."""
    taken: dict[str, float]
    """Share of folds in which the fitted card took a column."""


def samples_of(firms: Firms) -> list[Sample]:
    """The firms at both dates, with the columns that both have."""
    found = [measured(firms, day) for day in DATES]
    shared = [column for column in found[0].columns if column in found[1].columns]
    return [each.only(shared) for each in found]


def study(firms: Firms, *, seed: int, repeats: int, done: Callable[[], None] = lambda: None) -> Study:
    """About ``steps(repeats)`` calls of ``done``."""
    samples = samples_of(firms)
    bad = outcomes(samples[0])
    risks = {name: out_of_fold(samples, rival, seed, repeats, done) for name, rival in RIVALS.items()}
    risks[EXPERT] = [expert.risk(expert.results(firms, each.as_of)) for each in samples]
    statistics = [added(each) for each in samples]
    return Study(
        firms=len(bad),
        bads=int(bad.sum()),
        sha256=firms.sha256,
        seed=seed,
        repeats=repeats,
        standings={
            sample.as_of: {
                name: standing(bad, risk[place], risks[BASELINE][place], seed) for name, risk in risks.items()
            }
            for place, sample in enumerate(samples)
        },
        calibration={
            sample.as_of: calibration(bad, _pd(risks[CARD][place])) for place, sample in enumerate(samples)
        },
        adds={column: tuple(each[column] for each in statistics) for column in list(agreed(statistics))[:15]},
        contradicted=_contradicted(statistics),
        taken=_shares(samples, seed, repeats),
    )


def steps(repeats: int) -> int:
    """Fits of the whole study."""
    return repeats * FOLDS * len(RIVALS)


def outcomes(sample: Sample) -> Bools:
    """Who defaulted. Raises ``ValueError`` when nobody knows."""
    if sample.bad is None:
        raise ValueError("the outcomes of these firms are unknown")
    return sample.bad


def standing(bad: Bools, risk: Floats, baseline: Floats, seed: int) -> Standing:
    """How a risk stands beside sales alone on the same firms."""
    difference, p = delong(bad, risk, baseline)
    resamples = draws(len(bad), seed)
    spread = areas(bad, risk, resamples) - areas(bad, baseline, resamples)
    low, high = (float(each) for each in np.quantile(spread, (0.025, 0.975)))
    return Standing(discrimination(bad, risk, seed), Estimate(difference, low, high), p)


def _pd(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _contradicted(statistics: Sequence[dict[str, float]]) -> dict[str, tuple[float, ...]]:
    found = {column: tuple(each[column] for each in statistics) for column in statistics[0]}
    against = {column: zs for column, zs in found.items() if max(zs) < 0 and min(zs) < -1}
    return dict(sorted(against.items(), key=lambda item: sum(item[1])))


def _shares(samples: Sequence[Sample], seed: int, repeats: int) -> dict[str, float]:
    counts = taken(samples, seed, repeats)
    return {column: count / (repeats * FOLDS) for column, count in counts.most_common()}
