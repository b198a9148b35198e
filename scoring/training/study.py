"""The study of labelled firms: every rival cross-validated at every date, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from scoring.training import expert
from scoring.training.crossval import FOLDS, Kept, out_of_fold, taken
from scoring.training.firms import Firms
from scoring.training.measures import (
    Calibration,
    Estimate,
    ahead,
    calibration,
    discrimination,
    paired_areas,
    paired_delong,
)
from scoring.training.rivals import RIVALS
from scoring.training.sample import Sample, measured, outcomes
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
    risks[EXPERT] = [unfitted(bad, expert.risk(expert.results(firms, each.as_of))) for each in samples]
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
            sample.as_of: calibration(bad, _pd(risks[CARD][place].risk))
            for place, sample in enumerate(samples)
        },
        adds={column: tuple(each[column] for each in statistics) for column in list(agreed(statistics))[:15]},
        contradicted=_contradicted(statistics),
        taken=_shares(samples, seed, repeats),
    )


def steps(repeats: int) -> int:
    """Fits of the whole study."""
    return repeats * FOLDS * len(RIVALS)


def standing(bad: Bools, kept: Kept, baseline: Kept, seed: int) -> Standing:
    """How a risk stands beside sales alone on the same firms."""
    difference, p = paired_delong(kept.wins, baseline.wins)
    area = paired_areas(bad, kept.wins, seed)
    spread = area - paired_areas(bad, baseline.wins, seed)
    figures = discrimination(bad, kept.risk, seed)
    figures["pooled"], value = figures["auc"], float(np.nanmean(kept.wins))
    figures["auc"] = _interval(value, area)
    figures["gini"] = _interval(2 * value - 1, 2 * area - 1)
    return Standing(figures, _interval(difference, spread), p)


def unfitted(bad: Bools, risk: Floats) -> Kept:
    """A risk that no fold changes."""
    return Kept(risk, ahead(risk[bad], risk[~bad]))


def _interval(value: float, drawn: Floats) -> Estimate:
    low, high = (float(each) for each in np.quantile(drawn, (0.025, 0.975)))
    return Estimate(value, low, high)


def _pd(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _contradicted(statistics: Sequence[dict[str, float]]) -> dict[str, tuple[float, ...]]:
    found = {column: tuple(each[column] for each in statistics) for column in statistics[0]}
    against = {column: zs for column, zs in found.items() if max(zs) < 0 and min(zs) < -1}
    return dict(sorted(against.items(), key=lambda item: sum(item[1])))


def _shares(samples: Sequence[Sample], seed: int, repeats: int) -> dict[str, float]:
    counts = taken(samples, seed, repeats)
    return {column: count / (repeats * FOLDS) for column, count in counts.most_common()}
