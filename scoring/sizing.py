"""Gathers what the limit is made of from indicator values, facts and the bank's own knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from schema.dataset import Missing
from schema.money import FEN_PER_YUAN
from scoring.control_facts import Fact
from scoring.facts import Facts
from scoring.limit import Sizing
from scoring.policy.data import Grade, Light
from scoring.policy.terms import LimitPolicy
from scoring.value import Value

CORE_SOURCES = ("invoice", "tax_return", "tax_payment", "bank_transaction")
"""Core sources that are one table; the fifth is the credit report, or what the bank knows of debt."""


def gather(
    facts: Facts,
    values: Mapping[str, Value],
    control: Mapping[str, Fact],
    policy: LimitPolicy,
    *,
    grade: Grade,
    fraud_light: Light,
    requested: float,
    term_months: int,
    annual_rate: float,
) -> Sizing:
    """The sizing of one application; ``requested`` in yuan."""
    basis, vat, cit = _tax(facts)
    rating = control["tax_credit_grade"]
    known = facts.context
    found: dict[str, Value] = {
        "sales": values["out_amt_12m"],
        "growth": values["out_yoy_12m"],
        "top_share": values["cust_top1_share_12m"],
        "related": values["related_sale_ratio_12m"],
        "loop": values["loop_net_ratio_12m"],
        "vat": vat,
        "cit": cit,
        "inflow": values["op_inflow_12m"],
        "outflow": values["op_outflow_12m"],
        "net_margin": values["fin_net_margin_12m"],
        "turnover_days": facts.figures["cash_cycle_days"],
        "own_funds": _yuan(known.own_funds_fen),
        "wc_loans": _yuan(known.working_capital_loans_fen),
        "other_funding": _yuan(known.other_funding_fen),
        "debt": facts.figures["operating_debt"],
        "service": facts.figures["debt_service"],
        "ebitda": values["ebitda_proxy_12m"],
        "peer": _yuan(known.largest_unsecured_limit_fen),
        "confirmed": values["confirmed_ar"],
        "backlog": values["order_backlog"],
        "collected": values["collect_rate_12m"],
    }
    return Sizing(
        values=found,
        grade=grade,
        fraud_light=fraud_light,
        tax_rating=None if isinstance(rating, Missing) else str(rating),
        tax_basis=basis,
        sector=_sector(facts, policy),
        missing_sources=sum(facts.why_absent(table) is not None for table in CORE_SOURCES)
        + isinstance(found["debt"], Missing),
        requested=requested,
        term_months=term_months,
        annual_rate=annual_rate,
    )


def _yuan(amount_fen: int | None) -> Value:
    return Missing.NOT_AVAILABLE if amount_fen is None else amount_fen / FEN_PER_YUAN


def _tax(facts: Facts) -> tuple[Literal["tax_payment", "declared"] | None, Value, Value]:
    """Where tax is read from, yearly VAT and yearly income tax: 24-month mean, or last year when falling.

    Tax paid into the treasury when it is known; else VAT declared payable, and no income tax.
    """
    if facts.why_absent("tax_payment") is None:
        return "tax_payment", facts.figures["yearly_vat"], facts.figures["yearly_cit"]
    declared = facts.figures["declared_vat"]
    return None if isinstance(declared, Missing) else "declared", declared, Missing.NOT_AVAILABLE


def _sector(facts: Facts, policy: LimitPolicy) -> str:
    """The sector of the industry code, digits only; the most cautious one when the code is unknown."""
    code = "".join(character for character in facts.registered("industry_code") or "" if character.isdigit())
    if not code:
        return min(policy.sales_share, key=lambda sector: policy.sales_share[sector]["G1"])
    return policy.sector_of.get(code[:2], policy.sector_of[""])
