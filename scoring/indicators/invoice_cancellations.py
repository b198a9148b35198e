"""Sub-model ``invoice`` (发票): void (作废) and red (红冲) invoices."""

from __future__ import annotations

import numpy as np

from scoring.inputs.invoices import Side
from scoring.inputs.reds import UNKNOWN, Reds
from scoring.measure import RISKIER, submodel
from scoring.series import ratio, segment_sum
from scoring.value import INSUFFICIENT, NOT_APPLICABLE, NOT_AVAILABLE, Floats

indicator = submodel("invoice")


def cancel_rate(side: Side, months: int) -> Floats:
    """(void + |red|) / (blue + void), in amounts."""
    void = side.void_month.total(months)
    return ratio(void + side.red_month.total(months), side.blue_month.total(months) + void)


@indicator("撤销率(作废+红冲金额)", "INV", (3, 6, 12), RISKIER, "IV17")
def out_cancel_rate(sales: Side, months: int) -> Floats:
    """Void and red amounts over blue and void amounts, issued."""
    return cancel_rate(sales, months)


@indicator("进项撤销率", "INV", (12,), RISKIER, "IV35")
def in_cancel_rate(purchases: Side, months: int) -> Floats:
    """Void and red amounts over blue and void amounts, received."""
    return cancel_rate(purchases, months)


@indicator("作废率(仅税控票)", "INV", (12,), RISKIER, "IV17")
def out_void_cnt_rate(sales: Side, months: int) -> Floats:
    """Void invoices over all, by count, among tax-control invoices alone: a 数电票 cannot be voided."""
    recent = sales.age < months
    rows = sales.holds("medium", "tax_control") & recent
    number = segment_sum(sales.firm[rows], sales.firms)
    void = segment_sum(sales.firm[rows & sales.void], sales.firms)
    any_recent = segment_sum(sales.firm[recent], sales.firms) > 0
    rate = np.where(number > 0, void / number, np.where(any_recent, NOT_APPLICABLE, INSUFFICIENT))
    return np.where(sales.told("medium"), rate, NOT_AVAILABLE)


@indicator("红冲率", "INV", (3, 6, 12), RISKIER, "IV17")
def out_red_amt_rate(sales: Side, months: int) -> Floats:
    """Red over blue amounts."""
    return ratio(sales.red_month.total(months), sales.blue_month.total(months))


@indicator("红冲平均滞后天数", "INV", (12,), RISKIER, "IV17")
def out_red_lag_days(reds_issued: Reds, months: int) -> Floats:
    """Mean days from a blue invoice to the red one against it. ``NOT_APPLICABLE`` without a red one."""
    recent = reds_issued.age < months
    matched = recent & (reds_issued.origin > UNKNOWN)
    lag = (reds_issued.day - reds_issued.origin)[matched].astype(np.float64)
    number = reds_issued.count(matched)
    found = segment_sum(reds_issued.firm[matched], reds_issued.firms, lag) / number
    nothing = np.where(reds_issued.count(recent) > 0, INSUFFICIENT, NOT_APPLICABLE)
    return np.where(number > 0, found, nothing)
