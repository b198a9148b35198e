"""Sub-model ``invoice`` (发票): what is issued, how much, how steadily."""

from __future__ import annotations

import math

import numpy as np

from schema.dataset import Missing
from schema.period import add_months
from scoring.facts import FEN, Facts
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, submodel
from scoring.series import Bools, change_variation, count, growth, longest_run, slope, variation
from scoring.value import absent, ratio

indicator = submodel("invoice")
FEBRUARY = 2


@indicator(
    "out_amt",
    "有效开票额(蓝+红)",
    windows=(1, 3, 6, 12, 24),
    direction=SAFER,
    sources="INV",
    reason_family="IV01",
)
def out_amt(facts: Facts, months: int) -> float:
    """Valid sales without tax, blue plus red, yuan."""
    return float(facts.sales.net_month[:months].sum()) / FEN


@indicator(
    "out_cnt", "有效开票张数", windows=(3, 6, 12), direction=SAFER, sources="INV", reason_family="IV01"
)
def out_cnt(facts: Facts, months: int) -> float:
    """Valid blue invoices; a red one offsets and adds no business."""
    return float(facts.sales.count_month[:months].sum())


@indicator("out_yoy", "开票同比", windows=(3, 6, 12), direction=SAFER, sources="INV", reason_family="IV03")
def out_yoy(facts: Facts, months: int) -> float:
    """Sales against the same months a year before, minus 1."""
    facts.sales.need_history(12 + months)
    net = facts.sales.net_month
    return growth(net[:months].sum(), net[12 : 12 + months].sum())


@indicator("out_hoh", "开票环比", windows=(3, 6), direction=SAFER, sources="INV", reason_family="IV03")
def out_hoh(facts: Facts, months: int) -> float:
    """Sales against the months just before, minus 1."""
    facts.sales.need_history(2 * months)
    net = facts.sales.net_month
    return growth(net[:months].sum(), net[months : 2 * months].sum())


@indicator(
    "out_cv", "月开票波动", windows=(6, 12, 24), direction=RISKIER, sources="INV", reason_family="IV05"
)
def out_cv(facts: Facts, months: int) -> float:
    """Standard deviation of monthly sales over their mean."""
    facts.sales.need_history(months)
    return variation(facts.sales.net_month[:months])


@indicator("out_mom_vol", "环比波动", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV05")
def out_mom_vol(facts: Facts, months: int) -> float:
    """Standard deviation of month-to-month changes over mean monthly sales."""
    facts.sales.need_history(months)
    return change_variation(facts.sales.net_month[:months])


@indicator("out_slope", "开票趋势", windows=(12, 24), direction=SAFER, sources="INV", reason_family="IV03")
def out_slope(facts: Facts, months: int) -> float:
    """Least-squares slope of monthly sales, a month, over their mean."""
    facts.sales.need_history(months)
    return slope(facts.sales.net_month[:months])


@indicator(
    "out_active_months", "有票月数", windows=(12, 24), direction=SAFER, sources="INV", reason_family="IV07"
)
def out_active_months(facts: Facts, months: int) -> float:
    """Months with a valid blue invoice."""
    return count(facts.sales.count_month[:months] > 0)


def _silent(facts: Facts, months: int) -> Bools:
    """Months without a valid blue invoice, newest first. February (Spring Festival) is left out."""
    february = [(facts.as_of.month - 1 - age) % 12 + 1 == FEBRUARY for age in range(months)]
    silent = facts.sales.count_month[:months] == 0
    return np.asarray(silent[~np.array(february, dtype=np.bool_)], dtype=np.bool_)


@indicator(
    "out_zero_months",
    "断票月数(不含2月)",
    windows=(3, 12, 24),
    direction=RISKIER,
    sources="INV",
    reason_family="IV09",
)
def out_zero_months(facts: Facts, months: int) -> float:
    """Months without a valid blue invoice, February left out."""
    return count(_silent(facts, months))


@indicator(
    "out_zero_run", "最长连续断票月", windows=(12, 24), direction=RISKIER, sources="INV", reason_family="IV09"
)
def out_zero_run(facts: Facts, months: int) -> float:
    """Longest run of months without a valid blue invoice; February neither counts nor breaks a run."""
    return longest_run(_silent(facts, months))


@indicator(
    "out_max_gap_days",
    "最长未开票间隔",
    windows=(6, 12),
    direction=RISKIER,
    sources="INV",
    reason_family="IV09",
)
def out_max_gap_days(facts: Facts, months: int) -> float:
    """Longest stretch of days between valid blue invoices, both ends of the window included."""
    side = facts.sales
    end = facts.as_of.toordinal()
    start = add_months(facts.as_of.replace(day=1), 1 - months).toordinal() - 1
    epoch = end - _last_day(facts)
    days = np.unique(side.day[side.window(side.blue, months)]) + epoch
    return int(np.diff(np.concatenate(([start], days, [end]))).max())


def _last_day(facts: Facts) -> int:
    """``as_of`` in days since 1970."""
    return int(np.datetime64(facts.as_of, "D").astype(np.int64))


@indicator(
    "out_days_since_last",
    "距最近开票天数",
    windows=(),
    direction=RISKIER,
    sources="INV",
    reason_family="IV09",
)
def out_days_since_last(facts: Facts, _: int) -> float:
    """Days from the newest valid blue invoice to ``as_of``."""
    days = facts.sales.day[facts.sales.blue]
    return _last_day(facts) - int(days.max()) if days.size else absent(Missing.INSUFFICIENT)


@indicator(
    "out_first_months", "首张发票距今月数", windows=(), direction=SAFER, sources="INV", reason_family="IV07"
)
def out_first_months(facts: Facts, _: int) -> float:
    """Months from the first valid blue invoice to ``as_of``."""
    ages = facts.sales.age[facts.sales.blue]
    return int(ages.max()) if ages.size else absent(Missing.INSUFFICIENT)


@indicator(
    "out_ticket_avg", "单票均额(log)", windows=(12,), direction=INTERIOR, sources="INV", reason_family="IV21"
)
def out_ticket_avg(facts: Facts, months: int) -> float:
    """log(1 + mean valid blue invoice in yuan)."""
    side = facts.sales
    return math.log1p(ratio(side.blue_month[:months].sum() / FEN, side.count_month[:months].sum()))


@indicator(
    "out_big_share", "大额票占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV21"
)
def out_big_share(facts: Facts, months: int) -> float:
    """Share of blue sales in the largest 5% of invoices."""
    side = facts.sales
    amounts = np.sort(side.amount[side.window(side.blue, months)])[::-1]
    if amounts.size < facts.measurement.least_invoices:
        absent(Missing.INSUFFICIENT)
    return ratio(amounts[: math.ceil(0.05 * amounts.size)].sum(), amounts.sum())


@indicator(
    "out_season_strength", "季节强度", windows=(24,), direction=INTERIOR, sources="INV", reason_family="IV05"
)
def out_season_strength(facts: Facts, months: int) -> float:
    """Largest calendar-month average over the mean month."""
    facts.sales.need_history(months)
    calendar = facts.sales.net_month[:months].reshape(-1, 12).mean(axis=0)
    return ratio(calendar.max(), calendar.mean())


@indicator(
    "out_recent_share",
    "近3月占12月比",
    windows=(12,),
    direction=INTERIOR,
    sources="INV",
    reason_family="IV05",
)
def out_recent_share(facts: Facts, months: int) -> float:
    """Sales of the last 3 months over those of the window."""
    net = facts.sales.net_month
    return ratio(net[:3].sum(), net[:months].sum())


@indicator("special_ratio", "专票占比", windows=(12,), direction=CONTEXT, sources="INV", reason_family="IV21")
def special_ratio(facts: Facts, months: int) -> float:
    """Special VAT invoices (专用发票) over all blue sales."""
    side = facts.sales
    special = side.by_month(side.blue & side.flag("kind", "special"), side.amount)
    return ratio(special[:months].sum(), side.blue_month[:months].sum())


@indicator("eff_tax_rate", "综合税率", windows=(12,), direction=CONTEXT, sources="INV", reason_family="IV21")
def eff_tax_rate(facts: Facts, months: int) -> float:
    """Tax over valid amount."""
    side = facts.sales
    tax = side.by_month(~side.void, side.column("tax_fen"))
    return ratio(tax[:months].sum(), side.net_month[:months].sum())


@indicator(
    "item_cat_cnt", "开票品类数", windows=(12,), direction=INTERIOR, sources="ITM", reason_family="IV40"
)
def item_cat_cnt(facts: Facts, _: int) -> float:
    """Distinct item classes (leading digits of 税收分类编码) sold."""
    return len(facts.items.sold)


@indicator("item_entropy", "品类熵", windows=(12,), direction=INTERIOR, sources="ITM", reason_family="IV40")
def item_entropy(facts: Facts, _: int) -> float:
    """Entropy of sales over item classes, −Σ p ln p."""
    amounts = np.array(list(facts.items.sold.values()))
    parts = amounts / amounts.sum()
    return float(-(parts * np.log(parts)).sum())
