"""Sub-model ``invoice`` (发票): what is received, and against what is issued."""

from __future__ import annotations

from schema.money import FEN_PER_YUAN
from scoring.inputs.invoices import Side
from scoring.measure import INTERIOR, SAFER, submodel
from scoring.series import Cube, growth, ratio, since, summed
from scoring.value import Floats

indicator = submodel("invoice")


@indicator("有效受票额", "INV", (3, 6, 12, 24), SAFER, "IV31")
def in_amt(bought: Cube, months: int) -> Floats:
    """Valid purchases without tax, blue plus red, yuan."""
    return bought.total(months) / FEN_PER_YUAN


@indicator("受票同比", "INV", (6, 12), SAFER, "IV31")
def in_yoy(bought: Cube, purchases: Side, months: int) -> Floats:
    """Purchases against the same months a year before, minus 1."""
    return since(purchases.history, 12 + months, growth(bought.total(months), bought.total(months, 12)))


@indicator("有进票月数", "INV", (12,), SAFER, "IV31")
def in_active_months(purchases: Side, months: int) -> Floats:
    """Months with a valid blue invoice received."""
    return summed(purchases.count_month.last(months) > 0)


@indicator("进销比", "INV", (3, 12), INTERIOR, "IV33")
def in_out_ratio(sold: Cube, bought: Cube, months: int) -> Floats:
    """Purchases over sales."""
    return ratio(bought.total(months), sold.total(months))
