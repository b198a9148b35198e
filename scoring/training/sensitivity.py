"""What the figures rest on: without a sub-model, without a source, and had firms of unknown outcome been
counted (reject inference). Said beside the results, never in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from scoring.result import ScoreResult
from scoring.training import expert
from scoring.training.crossval import out_of_fold
from scoring.training.firms import Firms
from scoring.training.fit import Fit, fit, weighed
from scoring.training.measures import Estimate, areas, auc, draws, paired_areas
from scoring.training.rivals import Rival, fitted_card
from scoring.training.sample import Sample, outcomes
from scoring.training.study import samples_of
from scoring.value import Bools, Floats

SOURCES: dict[str, pl.Expr] = {
    "invoices received": pl.col("direction") == "in",
    "void invoices": pl.col("state") == "void",
    "red invoices": pl.col("amount_fen") < 0,
}
"""Rows that a source would not have given."""
WORSE = 2.0
"""Odds of default of firms that were turned away, beside those of like firms, as parcelling takes them."""
BANDS = 5
ACCEPTED = "known firms only"
WAYS = (ACCEPTED, "fuzzy", "parcelling", "all good", "all bad")


def without(firms: Firms, rows: pl.Expr) -> Firms:
    """The firms as if some of the rows had never been there."""
    return replace(firms, invoices={code: each.filter(~rows) for code, each in firms.invoices.items()})


def lost_of_submodels(results: Sequence[ScoreResult], bad: Bools, seed: int) -> dict[str, Estimate]:
    """AUC that the expert card loses without each sub-model that scored anybody; its weight goes to the
    others, as for missing data."""
    whole = -np.array([each.score or 0.0 for each in results])
    scored = sorted({name for each in results for name, of in each.submodels.items() if of.weight > 0})
    return {
        name: _lost(bad, whole, -np.array([_score_without(each, name) for each in results]), seed)
        for name in scored
    }


def _score_without(result: ScoreResult, name: str) -> float:
    left = [of for key, of in result.submodels.items() if key != name and of.weight > 0]
    total = sum(of.weight for of in left)
    return sum(of.weight * (of.score or 0.0) for of in left) / total if total else 0.0


def _lost(bad: Bools, whole: Floats, less: Floats, seed: int) -> Estimate:
    rows = draws(len(bad), seed)
    spread = areas(bad, whole, rows) - areas(bad, less, rows)
    low, high = (float(each) for each in np.quantile(spread, (0.025, 0.975)))
    return Estimate(auc(bad, whole) - auc(bad, less), low, high)


def lost_of_sources(firms: Firms, seed: int, repeats: int) -> dict[str, tuple[Estimate, Estimate]]:
    """AUC at the first date that the expert card and the fitted card, kept back, lose without each source."""
    samples = samples_of(firms)
    bad, day = outcomes(samples[0]), samples[0].as_of
    whole = expert.risk(expert.results(firms, day))
    kept = out_of_fold(samples, fitted_card, seed, repeats)[0].wins
    found = {}
    for name, rows in SOURCES.items():
        fewer = without(firms, rows)
        less = out_of_fold(samples_of(fewer), fitted_card, seed, repeats)[0].wins
        spread = paired_areas(bad, kept, seed) - paired_areas(bad, less, seed)
        low, high = (float(each) for each in np.quantile(spread, (0.025, 0.975)))
        found[name] = (
            _lost(bad, whole, expert.risk(expert.results(fewer, day)), seed),
            Estimate(float(np.nanmean(kept) - np.nanmean(less)), low, high),
        )
    return found


def inferred(known: Sequence[Sample], unknown: Sequence[Sample], way: str, seed: int) -> Fit:
    """The fitted card, with firms of unknown outcome counted one way:

    * ``fuzzy``: each as its probability's part of a bad and the rest of a good (fuzzy augmentation);
    * ``parcelling``: drawn bad or good at the rate of its fifth, its odds ``WORSE`` times as bad;
    * ``all good``, ``all bad``: the bounds.
    """
    first = fit(known)
    answers = [_answer(first.log_odds(each), way, seed) for each in unknown]
    truth = np.concatenate([*(outcomes(each).astype(np.float64) for each in known), *answers])
    return weighed(first.curves, [*known, *unknown], truth, len(known))


def _answer(log_odds: Floats, way: str, seed: int) -> Floats:
    if way in ("all good", "all bad"):
        return np.full(len(log_odds), float(way == "all bad"))
    if way == "fuzzy":
        return np.asarray(1 / (1 + np.exp(-log_odds)))
    worse = 1 / (1 + np.exp(-log_odds - np.log(WORSE)))
    answer, chance = np.zeros(len(worse)), np.random.default_rng(seed)
    for band in np.array_split(np.argsort(worse, kind="stable"), BANDS):
        answer[band] = chance.random(len(band)) < worse[band].mean()
    return answer


def inference(
    known: Sequence[Sample], unknown: Sequence[Sample], seed: int, repeats: int
) -> dict[str, tuple[float, float, float]]:
    """By way: AUC on known firms kept back, at the first date; the mean PD that it gives the known and the
    unknown firms."""
    found = {}
    for way in WAYS:
        area = float(np.nanmean(out_of_fold(known, _rival(unknown, way), seed, repeats)[0].wins))
        risk_of = _rival(unknown, way)(known, seed)
        means = [float((1 / (1 + np.exp(-risk_of(each)))).mean()) for each in (known[0], unknown[0])]
        found[way] = (area, means[0], means[1])
    return found


def _rival(unknown: Sequence[Sample], way: str) -> Rival:
    if way == ACCEPTED:
        return fitted_card
    return lambda known, seed: inferred(known, unknown, way, seed).log_odds
