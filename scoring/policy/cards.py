"""Score cards as data: the bins of each sub-model, the sub-models of each model, the scale."""

from __future__ import annotations

import math
from itertools import pairwise

from pydantic import Field, model_validator

from schema.dataset import Missing
from scoring.policy.data import GRADES, Data, Grade, Points, Share


class Bins(Data):
    """Points of one column. Bin i holds edges[i−1] ≤ value < edges[i]; each missing type has its own."""

    weight: float = Field(gt=0)
    edges: tuple[float, ...] = Field(min_length=1)
    points: tuple[Points, ...]
    missing: dict[Missing, Points] = Field(default_factory=dict)
    per_period: bool = False
    """Edges are for monthly filers, and are divided by 3 for quarterly ones."""

    @model_validator(mode="after")
    def _fit(self) -> Bins:
        if len(self.points) != len(self.edges) + 1:
            raise ValueError("a bin has no points, or points have no bin")
        if any(left >= right for left, right in pairwise(self.edges)):
            raise ValueError("edges do not rise")
        return self


class SubModelCard(Data):
    """Bins of one sub-model by column key."""

    least_coverage: Share
    """Weighted share of columns whose source must be there; below it the sub-model is dropped."""
    missing: dict[Missing, Points]
    columns: dict[str, Bins]
    dropped: dict[str, str] = Field(default_factory=dict)
    """Columns that are not scored, with the reason: those that contradicted their direction on real data."""

    @model_validator(mode="after")
    def _every_type_has_a_bin(self) -> SubModelCard:
        if set(self.missing) != set(Missing):
            raise ValueError("a missing type has no bin")
        return self


class Model(Data):
    """The sub-models that a score is made of, with their weights, which sum to 1."""

    weights: dict[str, float]
    packs: tuple[str, ...] = ()
    """Prefixes of the scenario sub-model's columns that it reads; all when empty."""

    @model_validator(mode="after")
    def _whole(self) -> Model:
        if any(weight <= 0 for weight in self.weights.values()):
            raise ValueError("a weight is not positive")
        if not math.isclose(math.fsum(self.weights.values()), 1, abs_tol=1e-9):
            raise ValueError("weights do not sum to 1")
        return self


class GradeBand(Data):
    """A grade holds default probabilities up to ``pd_max``."""

    grade: Grade
    pd_max: float


class Scale(Data):
    """From score to probability of default: 1 / (1 + exp((score − offset) / factor)). Uncalibrated."""

    neutral_points: Points
    offset: float
    factor: float = Field(gt=0)
    grades: tuple[GradeBand, ...]
    decline_above_pd: Share
    amber_below: float
    red_below: float

    @model_validator(mode="after")
    def _all_grades_in_order(self) -> Scale:
        if tuple(band.grade for band in self.grades) != GRADES:
            raise ValueError("grades are missing or out of order")
        if any(left.pd_max >= right.pd_max for left, right in pairwise(self.grades)):
            raise ValueError("grades do not rise in default probability")
        return self
