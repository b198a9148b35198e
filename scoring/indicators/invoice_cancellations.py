"""Sub-model ``invoice`` (发票): void (作废) and red (红冲) invoices."""

from __future__ import annotations

from schema.dataset import Missing
from scoring.facts import Facts
from scoring.inputs.invoices import Side
from scoring.measure import RISKIER, submodel
from scoring.series import count
from scoring.value import absent, ratio

indicator = submodel("invoice")


def cancel_rate(side: Side, months: int) -> float:
    """(void + |red|) / (blue + void), in amounts."""
    void = side.void_month[:months].sum()
    return ratio(void + side.red_month[:months].sum(), side.blue_month[:months].sum() + void)


@indicator(
    "out_cancel_rate",
    "撤销率(作废+红冲金额)",
    windows=(3, 6, 12),
    direction=RISKIER,
    sources="INV",
    reason_family="IV17",
)
def out_cancel_rate(facts: Facts, months: int) -> float:
    """Void and red amounts over blue and void amounts, issued."""
    return cancel_rate(facts.sales, months)


@indicator(
    "in_cancel_rate", "进项撤销率", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV35"
)
def in_cancel_rate(facts: Facts, months: int) -> float:
    """Void and red amounts over blue and void amounts, received."""
    return cancel_rate(facts.purchases, months)


@indicator(
    "out_void_cnt_rate",
    "作废率(仅税控票)",
    windows=(12,),
    direction=RISKIER,
    sources="INV",
    reason_family="IV17",
)
def out_void_cnt_rate(facts: Facts, months: int) -> float:
    """Void invoices over all, by count, among tax-control invoices alone: a 数电票 cannot be voided."""
    side = facts.sales
    rows = side.window(side.flag("medium", "tax_control"), months)
    if not rows.any():
        absent(Missing.NOT_APPLICABLE if (side.age < months).any() else Missing.INSUFFICIENT)
    return ratio(count(rows & side.void), count(rows))


@indicator(
    "out_red_amt_rate", "红冲率", windows=(3, 6, 12), direction=RISKIER, sources="INV", reason_family="IV17"
)
def out_red_amt_rate(facts: Facts, months: int) -> float:
    """Red over blue amounts."""
    side = facts.sales
    return ratio(side.red_month[:months].sum(), side.blue_month[:months].sum())


@indicator(
    "out_red_lag_days",
    "红冲平均滞后天数",
    windows=(12,),
    direction=RISKIER,
    sources="INV",
    reason_family="IV17",
)
def out_red_lag_days(facts: Facts, months: int) -> float:
    """Mean days from a blue invoice to the red one against it. ``NOT_APPLICABLE`` without a red one."""
    side = facts.sales
    reds = side.window(side.red, months)
    if not reds.any():
        absent(Missing.NOT_APPLICABLE)
    matched = reds & (side.red_origin >= 0)
    if not matched.any():
        absent(Missing.INSUFFICIENT)
    return ratio((side.day[matched] - side.day[side.red_origin[matched]]).sum(), count(matched))
