"""From indicator values to sub-model scores, a score, a default probability and a grade."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass

from schema.dataset import Missing
from scoring.policy.cards import Bins, Model, Scale, SubModelCard
from scoring.policy.data import Grade
from scoring.policy.model import Policy
from scoring.value import Value

MONTHS_OF_QUARTER = 3
SCENARIO = "scenario"


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


def score_all(
    values: Mapping[str, Value], policy: Policy, model: Model, *, quarterly: bool
) -> dict[str, Scored]:
    """Every sub-model; the scenario's by the packs that the model reads."""
    neutral = policy.scale.neutral_points
    return {
        name: score_submodel(
            values,
            card,
            packed(values, card, model.packs) if name == SCENARIO else card.columns,
            neutral,
            quarterly=quarterly,
        )
        for name, card in policy.submodels.items()
    }


def packed(values: Mapping[str, Value], card: SubModelCard, packs: tuple[str, ...]) -> dict[str, Bins]:
    """The columns of the packs that anything is known of; of all packs when nothing is, of all columns
    without packs."""
    of = {pack: [key for key in card.columns if key.startswith(pack)] for pack in packs or ("",)}
    known = [keys for keys in of.values() if any(_told(values[key]) for key in keys)]
    return {key: card.columns[key] for keys in known or of.values() for key in keys}


def _told(value: Value) -> bool:
    """Whether the source is there."""
    return not isinstance(value, Missing) or value is Missing.INSUFFICIENT


def score_submodel(
    values: Mapping[str, Value],
    card: SubModelCard,
    columns: Mapping[str, Bins],
    neutral: float,
    *,
    quarterly: bool,
) -> Scored:
    """Weighted mean of the points of some of a card's columns, times 10."""
    total = math.fsum(bins.weight for bins in columns.values())
    scale = 10 / total
    earned, shortfall, sums, gone = {}, {}, [], []
    for key, bins in columns.items():
        value, weight = values[key], bins.weight
        earned[key] = got = points(value, bins, card, quarterly=quarterly)
        shortfall[key] = (neutral - got) * weight * scale
        sums.append(got * weight)
        if not _told(value):
            gone.append(weight)
    coverage = 1 - math.fsum(gone) / total
    score = math.fsum(sums) * scale if coverage >= card.least_coverage else None
    return Scored(score, coverage, earned, shortfall)


def combine(scored: Mapping[str, Scored], model: Model) -> tuple[float | None, dict[str, float]]:
    """The score and the weight of each sub-model: a dropped one's weight goes to the others, one that the
    model leaves out has none."""
    live = {name: weight for name, weight in model.weights.items() if scored[name].score is not None}
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
