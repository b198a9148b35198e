"""The limit (额度): the smallest of the caps whose sources are there, times the factors. Pure, in yuan.

Non-increasing in default probability, debts, concentration; non-decreasing in sales and tax; scales with
money until a policy cap. A cap whose source is missing is skipped, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from schema.dataset import Missing
from schema.money import FEN_PER_YUAN
from scoring.policy.data import Grade, Light
from scoring.policy.model import Product
from scoring.policy.terms import LimitPolicy
from scoring.result import Cap, Limit
from scoring.value import Absent, Value, ratio


@dataclass(frozen=True)
class Sizing:
    """What a limit is made of. Values are yuan a year unless said, or why they are missing."""

    values: Mapping[str, Value]
    """``sales growth top_share related loop vat cit inflow outflow net_margin turnover_days
    own_funds wc_loans other_funding debt service ebitda peer confirmed backlog collected``; ``backlog`` is
    a share of sales, ``collected`` the part of what is invoiced that comes in."""
    grade: Grade
    fraud_light: Light
    tax_rating: str | None
    tax_basis: Literal["tax_payment", "declared"] | None
    sector: str
    missing_sources: int
    requested: float
    term_months: int
    annual_rate: float

    def need(self, name: str) -> float:
        """A value; raises ``Absent`` when it is missing."""
        value = self.values[name]
        if isinstance(value, Missing):
            raise Absent(value)
        return value

    def at_most(self, name: str, otherwise: float) -> float:
        """A value, or what stands for an unknown one."""
        value = self.values[name]
        return otherwise if isinstance(value, Missing) else value


def own_sales(sizing: Sizing) -> float:
    """S: sales less those to related parties and those that come back in a circle. Unknown shares take
    nothing off."""
    related, loop = sizing.at_most("related", 0.0), sizing.at_most("loop", 0.0)
    return max(0.0, sizing.need("sales")) * (1 - related) * (1 - loop)


def growth_haircut(sizing: Sizing, policy: LimitPolicy) -> float:
    """h_g = clip(1 + min(growth, 0), least, 1)."""
    growth = sizing.at_most("growth", policy.unknown_growth_haircut - 1)
    return min(1.0, max(policy.least_growth_haircut, 1 + min(growth, 0.0)))


def concentration_haircut(sizing: Sizing, policy: LimitPolicy) -> float:
    """h_c = 1 − slope · max(0, top1 − from) / (1 − from). Unknown is taken as one customer."""
    excess = max(0.0, sizing.at_most("top_share", 1.0) - policy.concentration_from)
    return 1 - policy.concentration_slope * excess / (1 - policy.concentration_from)


def _tax(sizing: Sizing, policy: LimitPolicy) -> float:
    if sizing.tax_rating is None:
        raise Absent(Missing.NOT_AVAILABLE)
    vat, cit = sizing.need("vat"), sizing.at_most("cit", 0.0)
    return vat * policy.vat_multiple.get(sizing.tax_rating, 0.0) + cit * policy.cit_multiple.get(
        sizing.tax_rating, 0.0
    )


def _invoice(sizing: Sizing, policy: LimitPolicy) -> float:
    share = policy.sales_share[sizing.sector][sizing.grade]
    return share * own_sales(sizing) * growth_haircut(sizing, policy) * concentration_haircut(sizing, policy)


def _flow(sizing: Sizing, policy: LimitPolicy) -> float:
    inflow, outflow = sizing.need("inflow"), sizing.need("outflow")
    return min(policy.inflow_months * inflow, policy.outflow_months * outflow) / 12


def _working_capital(sizing: Sizing, policy: LimitPolicy) -> float:
    """流贷测算: sales·(1 − net margin)·(1 + growth) / turns − own funds − loans − other funding."""
    growth = min(sizing.need("growth"), policy.wc_growth_max)
    turns = ratio(360, sizing.need("turnover_days"))
    volume = own_sales(sizing) * (1 - sizing.need("net_margin")) * (1 + growth) / turns
    return volume - sizing.need("own_funds") - sizing.need("wc_loans") - sizing.at_most("other_funding", 0.0)


def _debt_service(sizing: Sizing, policy: LimitPolicy) -> float:
    """The loan whose yearly service leaves the coverage that is asked for, now and under stress."""
    ebitda, existing = sizing.need("ebitda"), sizing.need("service")
    stressed = ebitda * (1 - policy.sales_stress * policy.operating_leverage)
    free = min(ebitda / policy.dscr, stressed / policy.dscr_stressed) - existing
    return free / _yearly_service(sizing.annual_rate, sizing.term_months)


def _yearly_service(annual_rate: float, term_months: int) -> float:
    """Instalments within a year on one yuan repaid in equal instalments."""
    monthly = annual_rate / 12
    instalment = monthly / (1 - (1 + monthly) ** -term_months) if monthly else 1 / term_months
    return instalment * min(12, term_months)


def _leverage(sizing: Sizing, policy: LimitPolicy) -> float:
    return policy.leverage[sizing.sector] * own_sales(sizing) - sizing.need("debt")


def _peer(sizing: Sizing, policy: LimitPolicy) -> float:
    return policy.peer_multiple * sizing.need("peer")


_SOURCES: dict[str, Callable[[Sizing, LimitPolicy], float]] = {"L_tax": _tax, "L_inv": _invoice}
_CEILINGS: dict[str, Callable[[Sizing, LimitPolicy], float]] = {
    "L_flow": _flow,
    "L_wc": _working_capital,
    "L_dscr": _debt_service,
    "L_lev": _leverage,
    "L_peer": _peer,
}


def _cap(of: Callable[[Sizing, LimitPolicy], float], sizing: Sizing, policy: LimitPolicy) -> float | Missing:
    try:
        return max(0.0, of(sizing, policy))
    except Absent as nothing:
        return nothing.reason


def _collateral(sizing: Sizing, policy: LimitPolicy) -> float:
    """Receivables that a core buyer confirmed, and orders in hand as far as they will be paid; an unknown one
    adds nothing."""
    paid = min(1.0, sizing.at_most("collected", 0.0))
    orders = sizing.at_most("backlog", 0.0) * max(0.0, sizing.at_most("sales", 0.0)) * paid
    confirmed = sizing.at_most("confirmed", 0.0)
    return policy.confirmed_share * confirmed + policy.backlog_share * orders


def _grade_cap(sizing: Sizing, policy: LimitPolicy, product: Product) -> float:
    caps = [policy.grade_cap[sizing.grade], product.max_limit]
    if sizing.tax_rating == "M":
        caps.append(policy.m_rating_cap)
    tax_is_known = not isinstance(sizing.values["vat"], Missing)
    if tax_is_known and sizing.need("vat") + sizing.at_most("cit", 0.0) <= 0:
        caps.append(policy.no_tax_cap)
    return min(caps)


def size(sizing: Sizing, policy: LimitPolicy, product: Product) -> Limit:
    """The limit. Without a source (neither tax nor invoices) it is 0 and nothing binds."""
    found = {name: _cap(of, sizing, policy) for name, of in (_SOURCES | _CEILINGS).items()}
    found["L_grade"] = _grade_cap(sizing, policy, product)
    amounts = {name: cap for name, cap in found.items() if not isinstance(cap, Missing)}
    source = max((name for name in _SOURCES if name in amounts), key=lambda name: amounts[name], default=None)
    caps = {
        name: Cap(amount_fen=None, skipped=cap) if isinstance(cap, Missing) else Cap(amount_fen=_fen(cap))
        for name, cap in found.items()
    }
    factors = _factors(sizing, policy)
    if source is None:
        return Limit(
            limit_fen=0, indicative_fen=0, binding=None, caps=caps, source=None,
            tax_basis=sizing.tax_basis, factors=factors,
        )  # fmt: skip
    candidates = {name: amount for name, amount in amounts.items() if name not in _SOURCES}
    candidates[source] = amounts[source]
    binding = min(candidates, key=lambda name: candidates[name])
    base = candidates[binding]
    collateral = 0.0
    if product.scenario == "scenario":
        collateral = min(_collateral(sizing, policy), base)
        caps["L_coll"] = Cap(amount_fen=_fen(collateral))
    limit = base * factors["f_pd"] * factors["f_fraud"] * factors["f_data"]
    limit += collateral * factors["f_fraud"]
    ceiling = _steps(limit, policy.step)
    if ceiling > sizing.requested:
        ceiling, binding = _steps(sizing.requested, policy.step), "requested"
    return Limit(
        limit_fen=_fen(ceiling), indicative_fen=_fen(ceiling), binding=binding, caps=caps, source=source,
        tax_basis=sizing.tax_basis, factors=factors,
    )  # fmt: skip


def no_limit(reason: Missing) -> Limit:
    """Without a grade there is no limit: every cap is skipped."""
    names = [*_SOURCES, *_CEILINGS, "L_grade"]
    skipped = {name: Cap(amount_fen=None, skipped=reason) for name in names}
    return Limit(
        limit_fen=0, indicative_fen=0, binding=None, caps=skipped, source=None, tax_basis=None, factors={}
    )


def _factors(sizing: Sizing, policy: LimitPolicy) -> dict[str, float]:
    data = max(policy.least_data_factor, 1 - policy.missing_source_cut * sizing.missing_sources)
    return {
        "h_growth": growth_haircut(sizing, policy),
        "h_concentration": concentration_haircut(sizing, policy),
        "f_pd": policy.pd_factor[sizing.grade],
        "f_fraud": policy.fraud_factor[sizing.fraud_light],
        "f_data": data,
    }


def _steps(amount: float, step: float) -> float:
    """Rounded down to whole steps; a hair below a step, by binary fractions, counts as the step."""
    return math.floor(amount / step + 1e-9) * step


def _fen(amount: float) -> int:
    return round(amount * FEN_PER_YUAN)
