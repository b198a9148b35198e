"""The rate (利率): what a loan of a grade must cost, and what the market table says."""

from __future__ import annotations

import math

from scoring.policy.data import Grade
from scoring.policy.model import Policy
from scoring.result import Rate


def least_rate(pd: float, policy: Policy) -> float:
    """(funding + operating cost + PD·LGD + K·hurdle) / (1 − PD), K = risk weight × capital ratio."""
    terms = policy.rate
    capital = terms.risk_weight * terms.capital_ratio * terms.hurdle
    return (terms.funding + terms.operating_cost + pd * terms.loss_given_default + capital) / (1 - pd)


def price(grade: Grade, pd: float, term_months: int, scenario: str, relation: str, policy: Policy) -> Rate:
    """max(least rate, prime + spread), less discounts but not below the least rate, plus surcharge.

    Rounded up to 5 basis points and held between floor and cap. Rises with grade and term.
    """
    terms = policy.rate
    least = least_rate(pd, policy)
    table = terms.prime_1y + terms.spread[grade]
    wanted = terms.scenario_discount.get(scenario, 0.0) + terms.relation_discount.get(relation, 0.0)
    discount = min(wanted, terms.discount_max)
    surcharge = next(
        (row.rate for row in terms.surcharge if term_months <= row.months), terms.surcharge[-1].rate
    )
    exact = max(least, max(least, table) - discount) + surcharge
    rounded = math.ceil(round(exact / terms.rounding, 6)) * terms.rounding
    annual = round(min(max(rounded, terms.floor), terms.cap), 6)
    parts = {
        "least_rate": least,
        "prime_1y": terms.prime_1y,
        "spread": terms.spread[grade],
        "discount": discount,
        "surcharge": surcharge,
        "exact": exact,
        "floor": terms.floor,
        "cap": terms.cap,
    }
    return Rate(annual_rate=annual, parts=parts, covers_cost=annual >= least - 1e-9)


def no_rate() -> Rate:
    """Without a grade there is no rate."""
    return Rate(annual_rate=None, parts={}, covers_cost=None)
