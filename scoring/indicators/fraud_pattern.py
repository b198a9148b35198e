"""Sub-model ``invoice_tax_fraud`` (票税反欺诈): patterns in the issued invoices themselves. Valid blue rows
unless said."""

from __future__ import annotations

from datetime import date

import numpy as np

from schema.dataset import Missing
from schema.period import add_months, month_end
from scoring.facts import FEN, Facts
from scoring.measure import CONTEXT, RISKIER, submodel
from scoring.series import Bools, Floats, Ints, count
from scoring.value import absent, ratio

indicator = submodel("invoice_tax_fraud")
BENFORD = np.log10(1 + 1 / np.arange(1, 10))


@indicator(
    "pre_apply_surge", "申请前突增", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR08"
)
def pre_apply_surge(facts: Facts, months: int) -> float:
    """Mean sales of the last 2 months over that of the months before."""
    facts.sales.need_history(months)
    net = facts.sales.net_month[:months]
    return ratio(net[:2].mean(), net[2:].mean())


def _rows(facts: Facts, months: int) -> Bools:
    """The rows of the window; ``INSUFFICIENT`` below the least number of invoices."""
    rows = facts.sales.window(facts.sales.blue, months)
    if count(rows) < facts.measurement.least_invoices:
        absent(Missing.INSUFFICIENT)
    return rows


@indicator(
    "near_cap_ratio", "顶额开票占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR09"
)
def near_cap_ratio(facts: Facts, months: int) -> float:
    """Share of invoices at 99.5% or more of the cap for one invoice (最高开票限额)."""
    cap = facts.registered("invoice_cap_fen")
    amounts = facts.sales.amount[_rows(facts, months)]
    return ratio(count(amounts >= 0.995 * cap), amounts.size)


@indicator(
    "benford_mad", "首位数偏离", windows=(12, 24), direction=RISKIER, sources="INV", reason_family="FR10"
)
def benford_mad(facts: Facts, months: int) -> float:
    """Mean absolute deviation of first digits from Benford's law; needs 300 invoices."""
    side = facts.sales
    amounts = side.amount[side.window(side.blue, months)]
    amounts = amounts[amounts > 0]
    if amounts.size < facts.measurement.least_benford:
        absent(Missing.INSUFFICIENT)
    digits = (amounts // 10.0 ** np.floor(np.log10(amounts))).astype(np.int64)
    counts = np.bincount(np.clip(digits, 1, 9), minlength=10)[1:]
    return float(np.abs(counts / amounts.size - BENFORD).mean())


@indicator(
    "round_amt_share", "整额票占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR10"
)
def round_amt_share(facts: Facts, months: int) -> float:
    """Share of invoices whose total with tax is a multiple of 1,000 yuan."""
    totals = facts.sales.column("total_fen")[_rows(facts, months)]
    return ratio(count(totals % (1000 * FEN) == 0), totals.size)


def _company_rows(facts: Facts, months: int) -> Bools:
    """``_rows`` to a known company: natural persons share one key, and would look like one buyer."""
    side = facts.sales
    named = np.append(~side.parties.individual, False)  # the last one answers for party −1
    return np.asarray(_rows(facts, months) & named[side.party], dtype=np.bool_)


def _crowded(first: Ints | Floats, second: Ints | Floats, least: int) -> float:
    """Share of pairs that occur ``least`` times or more."""
    order = np.lexsort((second, first))
    left, right = first[order], second[order]
    starts = np.flatnonzero(np.concatenate(([True], (left[1:] != left[:-1]) | (right[1:] != right[:-1]))))
    sizes = np.diff(np.concatenate((starts, [left.size])))
    return ratio(sizes[sizes >= least].sum(), left.size)


@indicator(
    "dup_amt_ratio", "同额重复票占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR10"
)
def dup_amt_ratio(facts: Facts, months: int) -> float:
    """Share of invoices among 3 or more of one amount to one buyer."""
    rows = _company_rows(facts, months)
    return _crowded(facts.sales.party[rows], facts.sales.amount[rows], 3)


@indicator(
    "same_day_split_ratio",
    "同日拆票占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV",
    reason_family="FR11",
)
def same_day_split_ratio(facts: Facts, months: int) -> float:
    """Share of invoices among 5 or more to one buyer on one day."""
    rows = _company_rows(facts, months)
    return _crowded(facts.sales.party[rows], facts.sales.day[rows], 5)


@indicator(
    "night_issue_ratio",
    "夜间/节假日开票占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV",
    reason_family="FR11",
)
def night_issue_ratio(facts: Facts, months: int) -> float:
    """Share of invoices issued at night or on a public holiday, among those with a time.

    ``NOT_AVAILABLE`` when invoices carry a date alone.
    """
    side, limits = facts.sales, facts.measurement
    rows = _rows(facts, months) & side.frame["has_time"].fill_null(False).to_numpy()
    if not rows.any():
        absent(Missing.NOT_AVAILABLE)
    hour = side.frame["issued_at"].dt.hour().to_numpy()[rows]
    night = (hour >= limits.night_from) | (hour < limits.night_until)
    holiday = np.isin(side.day[rows].astype("M8[D]"), np.array(limits.holidays, dtype="M8[D]"))
    return ratio(count(night | holiday), hour.size)


@indicator(
    "period_end_surge", "期末突击开票", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR11"
)
def period_end_surge(facts: Facts, months: int) -> float:
    """Share of sales invoiced in the last 3 days of their month."""
    side = facts.sales
    rows = _rows(facts, months)
    ends = [_month_end_day(facts.as_of, age) for age in range(months)]
    late = np.array(ends)[side.age[rows]] - side.day[rows] < 3
    return ratio(side.amount[rows][late].sum(), side.amount[rows].sum())


def _month_end_day(as_of: date, age: int) -> int:
    return int(np.datetime64(month_end(add_months(as_of.replace(day=1), -age)), "D").astype(np.int64))


@indicator(
    "cross_month_red", "跨月红冲占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR12"
)
def cross_month_red(facts: Facts, months: int) -> float:
    """Red amounts against blue invoices of an earlier month, over blue amounts.

    A red invoice whose blue one is not in the data is against an earlier month.
    """
    side = facts.sales
    reds = side.window(side.red, months)
    origin = side.red_origin
    same_month = (origin >= 0) & (side.age[np.maximum(origin, 0)] == side.age)
    return ratio(-side.amount[reds & ~same_month].sum(), side.blue_month[:months].sum())


@indicator(
    "red_same_cust_ratio",
    "红冲集中同一客户",
    windows=(12,),
    direction=RISKIER,
    sources="INV",
    reason_family="FR12",
)
def red_same_cust_ratio(facts: Facts, months: int) -> float:
    """Share of red amounts with one customer. ``NOT_APPLICABLE`` without a red invoice, ``INSUFFICIENT``
    below 3."""
    side = facts.sales
    reds = side.window(side.red, months)
    if count(reds) < facts.measurement.least_red:
        absent(Missing.INSUFFICIENT if reds.any() else Missing.NOT_APPLICABLE)
    by_party = np.bincount(side.party[reds] + 1, weights=-side.amount[reds])
    return ratio(by_party.max(), by_party.sum())


@indicator(
    "post_loan_red_rate",
    "放款后红冲授信期发票",
    windows=(3, 6),
    direction=RISKIER,
    sources="INV,LON",
    reason_family="FR12",
)
def post_loan_red_rate(facts: Facts, months: int) -> float:
    """Red amounts, after our last loan and within the window, against the invoices that it was sized on,
    over those.

    Sized on: blue invoices of the 12 months before the loan. ``NOT_APPLICABLE`` when we never lent.
    """
    paid_out = [day for day in facts.given(facts.context.drawdowns) if day <= facts.as_of]
    if not paid_out:
        absent(Missing.NOT_APPLICABLE)
    side = facts.sales
    loan = int(np.datetime64(max(paid_out), "D").astype(np.int64))
    sizing = side.blue & (side.day <= loan) & (side.day > loan - 365)
    reds = side.window(side.red, months) & (side.day > loan) & (side.red_origin >= 0)
    reds &= sizing[np.maximum(side.red_origin, 0)]
    return ratio(-side.amount[reds].sum(), side.amount[sizing].sum())


@indicator(
    "zero_rate_share",
    "零税/免税票占比",
    windows=(12,),
    direction=CONTEXT,
    sources="INV",
    reason_family="FR13",
)
def zero_rate_share(facts: Facts, months: int) -> float:
    """Share of sales on invoices without tax."""
    side = facts.sales
    untaxed = side.by_month(side.blue & (side.column("tax_fen") == 0), side.amount)
    return ratio(untaxed[:months].sum(), side.blue_month[:months].sum())


@indicator(
    "small_cap_hug",
    "贴近小规模临界",
    windows=(12,),
    direction=RISKIER,
    sources="INV,TPR",
    reason_family="FR13",
)
def small_cap_hug(facts: Facts, months: int) -> float:
    """1 when a small-scale taxpayer's year lies within the last 5% below the cap. Else ``NOT_APPLICABLE``
    or 0."""
    if facts.registered("taxpayer_kind") != "small_scale":
        absent(Missing.NOT_APPLICABLE)
    cap = facts.measurement.small_scale_cap_yuan
    return float(0.95 * cap <= float(facts.sales.net_month[:months].sum()) / FEN <= cap)


@indicator(
    "sensitive_item_share",
    "敏感品类占比",
    windows=(12,),
    direction=RISKIER,
    sources="ITM",
    reason_family="FR17",
)
def sensitive_item_share(facts: Facts, _: int) -> float:
    """Share of sales in item classes known for false invoices (成品油, 贵金属, 废旧物资 …)."""
    sold = facts.items.sold
    prefixes = tuple(facts.measurement.sensitive_prefixes)
    return ratio(
        sum(amount for item, amount in sold.items() if item.startswith(prefixes)), sum(sold.values())
    )


@indicator(
    "price_dispersion",
    "同品名单价离散",
    windows=(12,),
    direction=RISKIER,
    sources="ITM",
    reason_family="FR17",
)
def price_dispersion(facts: Facts, _: int) -> float:
    """Median absolute deviation over median of an item's unit price, weighted by amount over items."""
    spread = facts.items.price_spread(facts.measurement.least_prices)
    weight = sum(amount for amount, _ in spread)
    return ratio(sum(amount * value for amount, value in spread), weight)
