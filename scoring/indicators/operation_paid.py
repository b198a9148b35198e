"""Sub-model ``tax_operation`` (涉税经营): tax paid into the treasury, late fees and fines left out."""

from __future__ import annotations

from schema.money import FEN_PER_YUAN
from scoring.inputs.declared import Declared
from scoring.inputs.payments import Payments
from scoring.measure import CONTEXT, SAFER, submodel
from scoring.series import growth, ratio, since, summed
from scoring.value import Floats

indicator = submodel("tax_operation")


@indicator("增值税入库", "PAY", (12, 24), SAFER, "TO09")
def vat_paid(payments: Payments, months: int) -> Floats:
    """VAT paid, yuan."""
    return payments.vat.total(months) / FEN_PER_YUAN


@indicator("企业所得税入库", "PAY", (12, 24), SAFER, "TO09")
def cit_paid(payments: Payments, months: int) -> Floats:
    """Corporate income tax paid, yuan."""
    return payments.cit.total(months) / FEN_PER_YUAN


@indicator("入库税总额(剔滞罚)", "PAY", (12, 24), SAFER, "TO09")
def total_tax_paid(payments: Payments, months: int) -> Floats:
    """Tax of every kind paid, without late fees and fines, yuan."""
    return payments.tax.total(months) / FEN_PER_YUAN


@indicator("纳税同比", "PAY", (12,), SAFER, "TO11")
def tax_paid_yoy(payments: Payments, months: int) -> Floats:
    """Tax paid against the 12 months before, minus 1."""
    change = growth(payments.tax.total(months), payments.tax.total(months, 12))
    return since(payments.history, 12 + months, change)


@indicator("有纳税月数", "PAY", (12, 24), SAFER, "TO11")
def tax_paid_months(payments: Payments, months: int) -> Floats:
    """Months with a payment of tax."""
    return summed(payments.tax.last(months) > 0)


@indicator("退税/销售", "PAY", (12,), CONTEXT, "TO19")
def tax_refund_ratio(payments: Payments, declared: Declared, months: int) -> Floats:
    """Tax refunded over declared sales."""
    return ratio(payments.refund.total(months), declared.total("sales", months))
