"""From indicator values to sub-model scores, a score, a default probability and a grade."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np

from schema.dataset import Missing
from scoring.policy.cards import Model, Scale
from scoring.policy.data import Grade
from scoring.policy.model import Policy
from scoring.sheet import Sheet, sheet
from scoring.value import CODE_OF, Bools, Codes, Floats, codes

SCENARIO = "scenario"


@dataclass(frozen=True)
class Scored:
    """One sub-model. ``score`` is 0 to 1000, None when too little of it could be measured."""

    score: float | None
    coverage: float
    points: dict[str, float]
    """Points 0 to 100 by column."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Every sub-model, and what is known of each row of the policy's sheet."""

    submodels: dict[str, Scored]
    codes: Codes
    """Of the row's number: 0, or why it is missing."""
    shortfall: Floats
    """Score points that the row costs its sub-model against the neutral bin; negative when it adds, 0 when it
    is not read."""


def score_all(numbers: Floats, policy: Policy, model: Model, *, quarterly: bool) -> Scores:
    """Each sub-model is a weighted mean of points times 10; the scenario's by the packs that the model reads.
    ``numbers`` are the columns of the catalogue, missing ones as typed NaN."""
    cards = sheet(policy)
    read = numbers[cards.place]
    code = codes(read)
    points = cards.points(read, code, quarterly=quarterly)
    told = (code == 0) | (code == CODE_OF[Missing.INSUFFICIENT])
    scene = packed(cards, told, model.packs)
    weight = cards.weight.copy()
    weight[cards.rows[SCENARIO]] = 0.0
    weight[scene] = cards.weight[scene]
    total, gone, sums = np.add.reduceat(
        np.array((weight, weight * ~told, weight * points)), cards.starts, axis=1
    )
    shortfall = (policy.scale.neutral_points - points) * weight * (10 / total)[cards.submodel]
    coverage, score, listed = (1 - gone / total).tolist(), (sums / total * 10).tolist(), points.tolist()
    found: dict[str, Scored] = {}
    for at, (name, card) in enumerate(policy.submodels.items()):
        rows = cards.rows[name]
        columns = dict(zip(cards.keys[rows], listed[rows], strict=True))
        if name == SCENARIO:
            columns = {key: columns[key] for key in map(cards.keys.__getitem__, scene)}
        enough = coverage[at] >= card.least_coverage
        found[name] = Scored(score[at] if enough else None, coverage[at], columns)
    return Scores(found, code, shortfall)


def packed(cards: Sheet, told: Bools, packs: tuple[str, ...]) -> list[int]:
    """The scenario's rows of the packs that anything is known of; of all packs when nothing is, of all rows
    without packs. ``told`` says of which rows the source is there."""
    of = _packs(cards, packs)
    return list(chain.from_iterable([rows for rows in of if told[rows].any()] or of))


@lru_cache(maxsize=64)
def _packs(cards: Sheet, packs: tuple[str, ...]) -> list[list[int]]:
    """The rows of each pack."""
    whole = range(len(cards.keys))[cards.rows[SCENARIO]]
    return [[row for row in whole if cards.keys[row].startswith(pack)] for pack in packs or ("",)]


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
