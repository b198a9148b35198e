"""From indicator values to sub-model scores, a score, a default probability and a grade."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass

from schema.dataset import Missing
from scoring.policy.model import Bins, Grade, Policy, Scale, SubModelCard
from scoring.value import Value

_SOURCE_GONE = (Missing.NOT_AUTHORISED, Missing.NOT_AVAILABLE, Missing.NOT_APPLICABLE, Missing.STALE)
MONTHS_OF_QUARTER = 3


@dataclass(frozen=True)
class Scored:
    """One sub-model. ``score`` is 0 to 1000, None when too little of it could be measured."""

    score: float | None
    coverage: float
    points: dict[str, float]
    """Points 0 to 100 by column."""
    shortfall: dict[str, float]
    """Score points that a column costs against the neutral bin, by column; negative when it adds."""


def points(value: Value, bins: Bins, card: SubModelCard, *, quarterly: bool) -> float:
    """The points of the bin that a value, or its missing type, falls into."""
    if isinstance(value, Missing):
        return bins.missing.get(value, card.missing[value])
    scaled = value * MONTHS_OF_QUARTER if bins.per_period and quarterly else value
    return bins.points[bisect.bisect_right(bins.edges, scaled)]


def score_submodel(
    values: Mapping[str, Value], card: SubModelCard, neutral: float, *, quarterly: bool
) -> Scored:
    """Weighted mean of the points, times 10."""
    total = math.fsum(bins.weight for bins in card.columns.values())
    earned = {key: points(values[key], bins, card, quarterly=quarterly) for key, bins in card.columns.items()}
    covered = math.fsum(bins.weight for key, bins in card.columns.items() if values[key] not in _SOURCE_GONE)
    scale = 10 / total
    score = math.fsum(earned[key] * bins.weight for key, bins in card.columns.items()) * scale
    shortfall = {key: (neutral - earned[key]) * bins.weight * scale for key, bins in card.columns.items()}
    coverage = covered / total
    return Scored(score if coverage >= card.least_coverage else None, coverage, earned, shortfall)


def combine(scored: Mapping[str, Scored], policy: Policy) -> tuple[float | None, dict[str, float]]:
    """The score and the weight of each sub-model: a dropped one's weight goes to the others."""
    live = {name: policy.submodels[name].weight for name, one in scored.items() if one.score is not None}
    total = math.fsum(live.values())
    weights = {name: live.get(name, 0.0) / total if total else 0.0 for name in scored}
    if not total:
        return None, weights
    return math.fsum(weights[name] * (scored[name].score or 0.0) for name in live), weights


def default_probability(score: float, scale: Scale) -> float:
    """1 / (1 + exp((score − offset) / factor)). Expert, uncalibrated."""
    return 1 / (1 + math.exp((score - scale.offset) / scale.factor))


def grade(pd: float, scale: Scale) -> Grade:
    """The first grade whose bound holds the probability."""
    return next(band.grade for band in scale.grades if pd <= band.pd_max)
