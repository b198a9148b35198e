"""Sub-model ``tax_operation`` (涉税经营): tax paid into the treasury, late fees and fines left out."""

from __future__ import annotations

import numpy as np

from schema.dataset import Missing
from scoring.facts import FEN, Facts
from scoring.measure import CONTEXT, SAFER, submodel
from scoring.series import count, growth
from scoring.value import absent, ratio

indicator = submodel("tax_operation")


@indicator("vat_paid", "增值税入库", windows=(12, 24), direction=SAFER, sources="PAY", reason_family="TO09")
def vat_paid(facts: Facts, months: int) -> float:
    """VAT paid, yuan."""
    return float(facts.payments.month("tax", "vat")[:months].sum()) / FEN


@indicator(
    "cit_paid", "企业所得税入库", windows=(12, 24), direction=SAFER, sources="PAY", reason_family="TO09"
)
def cit_paid(facts: Facts, months: int) -> float:
    """Corporate income tax paid, yuan."""
    return float(facts.payments.month("tax", "cit")[:months].sum()) / FEN


@indicator(
    "total_tax_paid",
    "入库税总额(剔滞罚)",
    windows=(12, 24),
    direction=SAFER,
    sources="PAY",
    reason_family="TO09",
)
def total_tax_paid(facts: Facts, months: int) -> float:
    """Tax of every kind paid, without late fees and fines, yuan."""
    return float(facts.payments.month("tax")[:months].sum()) / FEN


@indicator("tax_paid_yoy", "纳税同比", windows=(12,), direction=SAFER, sources="PAY", reason_family="TO11")
def tax_paid_yoy(facts: Facts, months: int) -> float:
    """Tax paid against the 12 months before, minus 1."""
    if facts.payments.history < 12 + months:
        absent(Missing.INSUFFICIENT)
    paid = facts.payments.month("tax")
    return growth(paid[:months].sum(), paid[12 : 12 + months].sum())


@indicator(
    "tax_paid_months", "有纳税月数", windows=(12, 24), direction=SAFER, sources="PAY", reason_family="TO11"
)
def tax_paid_months(facts: Facts, months: int) -> float:
    """Months with a payment of tax."""
    return count(facts.payments.month("tax")[:months] > 0)


@indicator(
    "tax_refund_ratio", "退税/销售", windows=(12,), direction=CONTEXT, sources="PAY", reason_family="TO19"
)
def tax_refund_ratio(facts: Facts, months: int) -> float:
    """Tax refunded over declared sales."""
    refunded = np.abs(facts.payments.month("refund")[:months]).sum()
    return ratio(refunded, facts.declared.total("sales", months))
