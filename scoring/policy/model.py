"""Policy as data: the shape of the TOML files beside this module. Money is yuan, rates are yearly."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import model_validator

from scoring.policy.cards import Model, Scale, SubModelCard
from scoring.policy.data import Data, Share
from scoring.policy.rules import Rule, Signal, WarningTerms
from scoring.policy.terms import LimitPolicy, RatePolicy, RouteRow


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


class Product(Data):
    """A loan product. ``model`` picks the score, ``scenario`` the discount and the collateral add-on."""

    model: str
    unsecured: bool
    max_limit: float
    scenario: str
    must: tuple[str, ...]
    """Hard controls that it has to know."""


class ReasonText(Data):
    """A reason code. Codes that are not disclosed are shown to customers as ``FR00``."""

    internal: str
    internal_en: str
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
    """One version of everything that is decided by people. Uncalibrated expert defaults.

    A policy equals itself alone, so that what is worked out of one is kept by it."""

    version: str
    sha256: str
    calibrated: Literal[False]
    measurement: Measurement
    scale: Scale
    products: dict[str, Product]
    models: dict[str, Model]
    submodels: dict[str, SubModelCard]
    controls: tuple[Rule, ...]
    warnings: tuple[Signal, ...]
    warning_terms: WarningTerms
    limit: LimitPolicy
    rate: RatePolicy
    routes: tuple[RouteRow, ...]
    reasons: dict[str, ReasonText]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
