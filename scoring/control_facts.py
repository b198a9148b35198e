"""Figures that hard controls and warnings read beside the indicators."""

from __future__ import annotations

from collections.abc import Mapping

from schema.dataset import Missing
from scoring.facts import Facts
from scoring.value import Value

Fact = Value | str
"""A value, a code such as a grade, or why there is neither."""

LETTERS = {5: "A", 4: "B", 3: "M", 2: "C", 1: "D"}
"""The tax credit grade (纳税信用等级) of its number."""

CONTROL_KEYS = (
    "applicant_age",
    "applicant_unfit",
    "authorisation_days_left",
    "authorisation_expired",
    "controlled_invoice_cnt",
    "days_since_decline",
    "fin_net_profit",
    "invested_ratio_6m",
    "last_two_periods_sales",
    "licence_mismatch",
    "lost_buyer_cnt",
    "private_after_drawdown",
    "stale_source_cnt",
    "tax_contribution_12m",
    "tax_credit_grade",
)
"""The keys of ``control_facts``, for the check of a policy. The grade is told as its letter."""


def control_facts(facts: Facts, values: Mapping[str, Value]) -> dict[str, Fact]:
    """Every figure by key, missing ones with their reason; ``values`` are those of the columns."""
    found: dict[str, Fact] = {key: facts.figures[key] for key in CONTROL_KEYS if key in facts.figures}
    rating = values["tax_credit_grade"]
    return found | {"tax_credit_grade": rating if isinstance(rating, Missing) else LETTERS[int(rating)]}
