"""Figures that hard controls and warnings read beside the indicators."""

from __future__ import annotations

import polars as pl

from schema.dataset import Missing
from scoring.facts import Facts
from scoring.value import Value

Fact = Value | str
"""A value, a code such as a grade, or why there is neither."""

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


def control_facts(facts: Facts) -> dict[str, Fact]:
    """Every figure by key, missing ones with their reason."""
    found: dict[str, Fact] = {key: facts.figures[key] for key in CONTROL_KEYS if key in facts.figures}
    return found | {"tax_credit_grade": _tax_credit_grade(facts)}


def _tax_credit_grade(facts: Facts) -> Fact:
    """The newest published tax credit rating (纳税信用等级)."""
    if (reason := facts.why_absent("tax_credit_rating")) is not None:
        return reason
    known = facts.batch.rows("tax_credit_rating").frame.drop_nulls("grade")
    if known.is_empty():
        return Missing.INSUFFICIENT
    newest = known.sort(pl.coalesce("event_date", pl.date(pl.col("year") + 1, 4, 30)), "year")
    return str(newest["grade"][-1])
