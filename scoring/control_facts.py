"""Figures that hard controls read beside the indicators of the three sub-models.

Until their own sub-models are built, the tax master record and filing discipline are measured here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from schema.dataset import Missing
from scoring.context import Context
from scoring.facts import FEN, Facts
from scoring.series import longest_run
from scoring.value import Absent, Value, absent

Fact = Value | str
"""A value, a code such as a grade, or why there is neither."""


def control_facts(facts: Facts) -> dict[str, Fact]:
    """Every figure by key, missing ones with their reason."""
    return {key: _fact(measure, facts) for key, measure in _MEASURES.items()}


def _fact(measure: Callable[[Facts], float | str], facts: Facts) -> Fact:
    try:
        return measure(facts)
    except Absent as nothing:
        return nothing.reason


def _tax_credit_grade(facts: Facts) -> str:
    """The newest published tax credit rating (纳税信用等级)."""
    known = facts.known("tax_credit_rating", "event_date").drop_nulls("grade")
    if known.is_empty():
        absent(Missing.INSUFFICIENT)
    return str(known.sort("event_date", "year")["grade"][-1])


def _tax_contribution(facts: Facts) -> float:
    """Tax of the last 12 months, yuan: as paid when that is known, else VAT declared payable."""
    if facts.why_absent("tax_payment") is None:
        return float(facts.payments.month("tax")[:12].sum()) / FEN
    return facts.declared.total("payable", 12) / FEN


def _est_months(facts: Facts) -> float:
    born = facts.registered("registered_on")
    return float((facts.as_of.year - born.year) * 12 + facts.as_of.month - born.month)


def _periods(facts: Facts, months: int) -> list[float]:
    """Declared sales of the filed periods of a window; unfiled ones are left out."""
    declared = facts.declared
    window = declared.series["sales"][declared.last : declared.last + months]
    whole = len(window) // declared.unit * declared.unit
    blocks = window[:whole].reshape(-1, declared.unit).sum(axis=1)
    return [float(amount) for amount in blocks if not np.isnan(amount)]


def _last_two(facts: Facts) -> float:
    return facts.declared.total("sales", 2 * facts.declared.unit) / FEN


def _controlled(facts: Facts) -> float:
    numbers = facts.given(facts.context.controlled_numbers)
    side = facts.purchases
    received = side.frame.filter(pl.Series(side.blue))["number"].to_list()
    return float(sum(number in numbers for number in received))


def _authorisation_expired(facts: Facts) -> float:
    return float(facts.given(facts.context.authorisation_expires) < facts.today)


def _days_since_decline(facts: Facts) -> float:
    return float((facts.today - facts.given(facts.context.last_declined_on)).days)


def _flag(read: Callable[[Context], bool | None], *, when: bool) -> Callable[[Facts], float]:
    return lambda facts: float(facts.given(read(facts.context)) is when)


_MEASURES: dict[str, Callable[[Facts], float | str]] = {
    "est_months": _est_months,
    "tax_credit_grade": _tax_credit_grade,
    "taxpayer_normal_flag": lambda facts: float(facts.registered("status") == "normal"),
    "latest_filed_flag": lambda facts: float(not facts.declared.stale),
    "filing_period_cnt_24m": lambda facts: float(len(_periods(facts, 24))),
    "zero_filing_cnt_24m": lambda facts: float(sum(amount == 0 for amount in _periods(facts, 24))),
    "zero_filing_run_24m": lambda facts: float(longest_run(np.array(_periods(facts, 24)) == 0)),
    "late_fee_cnt_6m": lambda facts: float(facts.payments.count("late_fee", 6)),
    "late_fee_cnt_12m": lambda facts: float(facts.payments.count("late_fee", 12)),
    "tax_contribution_12m": _tax_contribution,
    "last_two_periods_sales": _last_two,
    "fin_net_profit": lambda facts: facts.statements.income("net_profit") / FEN,
    "controlled_invoice_cnt": _controlled,
    "authorisation_expired": _authorisation_expired,
    "licence_mismatch": _flag(lambda context: context.licence_matches, when=False),
    "days_since_decline": _days_since_decline,
}

CONTROL_KEYS = tuple(_MEASURES)
"""The keys of ``control_facts``, for the check of a policy."""
