"""Policy as data: the shape of the TOML files beside this module. Money is yuan, rates are yearly."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schema.dataset import Missing

Grade = Literal["G1", "G2", "G3", "G4", "G5"]
GRADES: tuple[Grade, ...] = ("G1", "G2", "G3", "G4", "G5")
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]


class Data(BaseModel):
    """Frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(Data):
    """What indicators need to know beside the data: least counts, ages, lists."""

    stale_days: int
    filing_lag_months: dict[int, int]
    wage_lag_months: int
    statement_stale_months: int
    statement_least_months: int
    item_class_digits: int
    least_known_share: Share
    least_invoices: int
    least_benford: int
    least_red: int
    least_prices: int
    goods_prefixes: tuple[str, ...]
    sensitive_prefixes: tuple[str, ...]
    night_from: int
    night_until: int
    holidays: tuple[date, ...]
    small_scale_cap_yuan: float
    caps: dict[str, float]
    """Indicator name to the magnitude that its values are clipped at."""

    @model_validator(mode="after")
    def _prefixes_fit(self) -> Measurement:
        if any(len(prefix) > self.item_class_digits for prefix in self.sensitive_prefixes):
            raise ValueError("a sensitive prefix is longer than an item class")
        return self


class Bins(Data):
    """Points of one column. Bin i holds edges[i−1] ≤ value < edges[i]; each missing type has its own."""

    weight: float = Field(gt=0)
    edges: tuple[float, ...] = Field(min_length=1)
    points: tuple[Points, ...]
    missing: dict[Missing, Points] = {}
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

    weight: float = Field(gt=0)
    least_coverage: Share
    """Weighted share of columns whose source must be there; below it the sub-model is dropped."""
    missing: dict[Missing, Points]
    columns: dict[str, Bins]

    @model_validator(mode="after")
    def _every_type_has_a_bin(self) -> SubModelCard:
        if set(self.missing) != set(Missing):
            raise ValueError("a missing type has no bin")
        return self


class Condition(Data):
    """One comparison with a key. ``outside`` takes [low, high]; ``in`` a list."""

    key: str
    op: Literal["lt", "le", "gt", "ge", "eq", "in", "outside"]
    value: float | str | tuple[float, float] | tuple[str, ...]
    by_product: dict[str, float] = {}
    quarterly: float | None = None
    """The threshold for quarterly filers, when another."""


class Rule(Data):
    """A hard control or a warning: hit when all, or any, of its conditions hold (three-valued)."""

    id: str
    text: str
    match: Literal["all", "any"] = "all"
    when: tuple[Condition, ...] = Field(min_length=1)
    products: tuple[str, ...] = ()
    """Products it is for; all when empty."""
    must: bool = True
    on_hit: Literal["decline", "refer", "flag"]
    on_missing: Literal["decline", "refer", "flag", "pass"]
    reason: str

    @model_validator(mode="after")
    def _must_means_something(self) -> Rule:
        if self.must and self.on_missing in ("flag", "pass"):
            raise ValueError(f"{self.id} is a must, and would pass when unknown")
        return self


class Signal(Data):
    """A warning signal (预警信号)."""

    id: str
    text: str
    when: Condition
    severity: Literal["red", "amber", "yellow"]


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


class Product(Data):
    """A loan product. ``scenario`` picks the discount and the collateral add-on."""

    unsecured: bool
    max_limit: float
    scenario: str = "general"


class LimitPolicy(Data):
    """Caps and multipliers of the limit (额度)."""

    vat_multiple: dict[str, float]
    cit_multiple: dict[str, float]
    sales_share: dict[str, dict[Grade, float]]
    """Sector → grade → share of annual sales."""
    sector_of: dict[str, str]
    """First two digits of the industry code (GB/T 4754) → sector; ``""`` for all others."""
    unknown_growth_haircut: Share
    least_growth_haircut: Share
    concentration_slope: Share
    concentration_from: Share
    inflow_months: float
    outflow_months: float
    wc_growth_max: Share
    dscr: float
    dscr_stressed: float
    sales_stress: Share
    operating_leverage: float
    """Per cent of EBITDA lost with each per cent of sales."""
    leverage: dict[str, float]
    peer_multiple: float
    confirmed_share: Share
    grade_cap: dict[Grade, float]
    m_rating_cap: float
    no_tax_cap: float
    pd_factor: dict[Grade, Share]
    fraud_factor: dict[Literal["green", "amber", "red"], Share]
    missing_source_cut: Share
    least_data_factor: Share
    step: float
    minimum: float


class TermSurcharge(Data):
    """Added for terms up to ``months``."""

    months: int
    rate: float


class RatePolicy(Data):
    """The rate (利率)."""

    funding: float
    operating_cost: float
    loss_given_default: Share
    risk_weight: float
    capital_ratio: float
    hurdle: float
    prime_1y: float
    spread: dict[Grade, float]
    scenario_discount: dict[str, float]
    relation_discount: dict[str, float]
    discount_max: float
    surcharge: tuple[TermSurcharge, ...]
    rounding: float
    floor: float
    cap: float


class RouteRow(Data):
    """A route of approval and what it takes; the first row that fits is taken."""

    route: Literal["pre_approved", "simplified", "full"]
    grades: tuple[Grade, ...] = GRADES
    fraud: tuple[Literal["green", "amber", "red"], ...] = ("green", "amber", "red")
    max_limit: float | None = None
    max_unknown: int | None = None
    max_flags: int | None = None
    submodels: tuple[str, ...] = ()


class ReasonText(Data):
    """A reason code. Codes that are not disclosed are shown to customers as ``FR00``."""

    internal: str
    zh: str = ""
    en: str = ""
    hint_zh: str = ""
    hint_en: str = ""
    fields: tuple[str, ...] = ()
    disclose: bool = True

    @model_validator(mode="after")
    def _disclosed_means_told(self) -> ReasonText:
        if self.disclose and not (self.zh and self.en):
            raise ValueError("a disclosed reason has no customer text")
        return self


class Policy(Data):
    """One version of everything that is decided by people. Uncalibrated expert defaults."""

    version: str
    sha256: str
    calibrated: Literal[False]
    measurement: Measurement
    scale: Scale
    products: dict[str, Product]
    submodels: dict[str, SubModelCard]
    controls: tuple[Rule, ...]
    warnings: tuple[Signal, ...]
    limit: LimitPolicy
    rate: RatePolicy
    routes: tuple[RouteRow, ...]
    reasons: dict[str, ReasonText]
