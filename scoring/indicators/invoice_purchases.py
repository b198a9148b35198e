"""Sub-model ``invoice`` (发票): what is received, and against what is issued."""

from __future__ import annotations

from scoring.facts import FEN, Facts
from scoring.measure import INTERIOR, SAFER, submodel
from scoring.series import count, growth
from scoring.value import ratio

indicator = submodel("invoice")


@indicator(
    "in_amt", "有效受票额", windows=(3, 6, 12, 24), direction=SAFER, sources="INV", reason_family="IV31"
)
def in_amt(facts: Facts, months: int) -> float:
    """Valid purchases without tax, blue plus red, yuan."""
    return float(facts.purchases.net_month[:months].sum()) / FEN


@indicator("in_yoy", "受票同比", windows=(6, 12), direction=SAFER, sources="INV", reason_family="IV31")
def in_yoy(facts: Facts, months: int) -> float:
    """Purchases against the same months a year before, minus 1."""
    facts.purchases.need_history(12 + months)
    net = facts.purchases.net_month
    return growth(net[:months].sum(), net[12 : 12 + months].sum())


@indicator(
    "in_active_months", "有进票月数", windows=(12,), direction=SAFER, sources="INV", reason_family="IV31"
)
def in_active_months(facts: Facts, months: int) -> float:
    """Months with a valid blue invoice received."""
    return count(facts.purchases.count_month[:months] > 0)


@indicator("in_out_ratio", "进销比", windows=(3, 12), direction=INTERIOR, sources="INV", reason_family="IV33")
def in_out_ratio(facts: Facts, months: int) -> float:
    """Purchases over sales."""
    bought = facts.purchases.net_month[:months].sum()
    return ratio(bought, facts.sales.net_month[:months].sum())
