"""Limit, rate and route of approval as data. Money is yuan, rates are yearly."""

from __future__ import annotations

from scoring.policy.data import GRADES, LIGHTS, Data, Grade, Light, Route, Share


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
    backlog_share: Share
    grade_cap: dict[Grade, float]
    m_rating_cap: float
    no_tax_cap: float
    pd_factor: dict[Grade, Share]
    fraud_factor: dict[Light, Share]
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

    route: Route
    grades: tuple[Grade, ...] = GRADES
    fraud: tuple[Light, ...] = LIGHTS
    max_limit: float | None = None
    max_unknown: int | None = None
    max_flags: int | None = None
    submodels: tuple[str, ...] = ()
    """Sub-models that must have a score."""
