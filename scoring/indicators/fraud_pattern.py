"""Sub-model ``invoice_tax_fraud`` (票税反欺诈): patterns in the issued invoices themselves. Valid blue rows
unless said."""

from __future__ import annotations

from datetime import date

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.bank_side import days
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.inputs.items import Lines
from scoring.inputs.master import Master
from scoring.inputs.patterns import BENFORD, crowded, share_of_year
from scoring.inputs.reds import UNKNOWN, Reds
from scoring.measure import CONTEXT, RISKIER, submodel
from scoring.series import Cube, ratio, segment_count, segment_max, segment_sum, since, summed
from scoring.value import INSUFFICIENT, NOT_APPLICABLE, NOT_AVAILABLE, Floats, Ints

indicator = submodel("invoice_tax_fraud")
_CENTS = (1 << 40) - 1


@indicator("申请前突增", "INV", (12,), RISKIER, "FR08")
def pre_apply_surge(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Mean sales of the last 2 months over that of the months before."""
    surge = ratio(sold.total(2) / 2, sold.total(months - 2, 2) / (months - 2))
    return since(selling_history, months, surge)


@indicator("顶额开票占比", "INV", (12,), RISKIER, "FR09", needs="INV,TPR")
def near_cap_ratio(sales: Side, master: Master, batch: Batch, months: int) -> Floats:
    """Share of invoices at 99.5% or more of the cap for one invoice (最高开票限额)."""
    cap = master.number("invoice_cap_fen")
    near = sales.year_amount >= (0.995 * cap)[sales.year_firm]
    return share_of_year(sales, batch, segment_count(near, sales.year_firm, sales.firms)) + 0.0 * cap


@indicator("首位数偏离", "INV", (12, 24), RISKIER, "FR10")
def benford_mad(first_digits: Floats, batch: Batch, months: int) -> Floats:
    """Mean absolute deviation of first digits from Benford's law; needs 300 invoices."""
    counts = summed(first_digits[:, : months // 12])
    number = summed(counts)
    off = np.abs(counts / number[:, None] - BENFORD)
    return since(number, batch.measurement.least_benford, summed(off) / 9)


@indicator("整额票占比", "INV", (12,), RISKIER, "FR10")
def round_amt_share(sales: Side, batch: Batch, months: int) -> Floats:
    """Share of invoices whose total with tax is a multiple of 1,000 yuan."""
    totals = sales.rows.amount("total_fen")[sales.year_place].astype(np.int64)
    whole = segment_count(totals % (1000 * 100) == 0, sales.year_firm, sales.firms)
    return share_of_year(sales, batch, whole)


@indicator("同额重复票占比", "INV", (12,), RISKIER, "FR10")
def dup_amt_ratio(sales: Side, company_rows: Ints, batch: Batch, months: int) -> Floats:
    """Share of invoices among 3 or more of one amount to one buyer."""
    share = crowded(sales, company_rows, sales.amount[company_rows].astype(np.int64) & _CENTS, 40, 3)
    return since(sales.year_count, batch.measurement.least_invoices, share)


@indicator("同日拆票占比", "INV", (12,), RISKIER, "FR11")
def same_day_split_ratio(sales: Side, company_rows: Ints, batch: Batch, months: int) -> Floats:
    """Share of invoices among 5 or more to one buyer on one day."""
    share = crowded(sales, company_rows, sales.day[company_rows] & ((1 << 20) - 1), 20, 5)
    return since(sales.year_count, batch.measurement.least_invoices, share)


@indicator("夜间/节假日开票占比", "INV", (12,), RISKIER, "FR11")
def night_issue_ratio(sales: Side, batch: Batch, months: int) -> Floats:
    """Share of invoices issued at night or on a public holiday, among those with a time.

    ``NOT_AVAILABLE`` when invoices carry a date alone.
    """
    limits = batch.measurement
    rows = sales.year[sales.rows.true("has_time")[sales.year_place]]
    if not len(rows):
        return since(sales.year_count, limits.least_invoices, np.full(sales.firms, NOT_AVAILABLE))
    second = sales.rows.second("issued_at")[sales.place[rows]]
    night = (second >= limits.night_from * 3600.0) | (second < limits.night_until * 3600.0)
    holidays = batch.kept("holidays", lambda: _holidays(limits.holidays))
    odd = night | (holidays[np.searchsorted(holidays[:-1], sales.day[rows])] == sales.day[rows])
    timed = segment_sum(sales.firm[rows], sales.firms)
    share = segment_count(odd, sales.firm[rows], sales.firms) / timed
    return since(sales.year_count, limits.least_invoices, np.where(timed > 0, share, NOT_AVAILABLE))


def _holidays(told: tuple[date, ...]) -> Ints:
    """The days in their order, after one that never was."""
    return np.sort(np.array([*told, date.min], dtype="M8[D]").astype(np.int64))


@indicator("期末突击开票", "INV", (12,), RISKIER, "FR11")
def period_end_surge(sales: Side, batch: Batch, months: int) -> Floats:
    """Share of sales invoiced in the last 3 days of their month."""
    begins = (batch.last_month[:, None] - 1970 * 12 + 1 - np.arange(months)).view("M8[M]").astype("M8[D]")
    end = begins.astype(np.int64)[sales.year_firm, sales.age[sales.year]] - 1
    late = end - sales.year_day < 3
    part = segment_sum(sales.year_firm[late], sales.firms, sales.year_amount[late])
    share = ratio(part, sales.blue_month.total(months))
    return since(sales.year_count, batch.measurement.least_invoices, share)


@indicator("跨月红冲占比", "INV", (12,), RISKIER, "FR12")
def cross_month_red(reds_issued: Reds, sales: Side, months: int) -> Floats:
    """Red amounts against blue invoices of an earlier month, over blue amounts.

    A red invoice whose blue one is not in the data is against an earlier month.
    """
    month = reds_issued.day.view("M8[D]").astype("M8[M]")
    origin = np.maximum(reds_issued.origin, 0).view("M8[D]").astype("M8[M]")
    same = (reds_issued.origin > UNKNOWN) & (origin == month)
    crossing = reds_issued.sum((reds_issued.age < months) & ~same)
    return ratio(crossing, sales.blue_month.total(months))


@indicator("红冲集中同一客户", "INV", (12,), RISKIER, "FR12")
def red_same_cust_ratio(reds_issued: Reds, sales: Side, batch: Batch, months: int) -> Floats:
    """Share of red amounts with one customer. ``NOT_APPLICABLE`` without a red invoice, ``INSUFFICIENT``
    below 3."""
    recent = reds_issued.age < months
    number, total = reds_issued.count(recent), reds_issued.sum(recent)
    pairs = len(sales.pairs)
    nobody = np.where(reds_issued.pair < 0, pairs + reds_issued.firm, reds_issued.pair)
    by_pair = segment_sum(nobody[recent], pairs + sales.firms, reds_issued.amount[recent])
    firm = np.concatenate((sales.pairs.firm, np.arange(sales.firms)))
    share = segment_max(by_pair, firm, sales.firms, 0.0) / total
    nothing = np.where(number > 0, INSUFFICIENT, NOT_APPLICABLE)
    return np.where(number < batch.measurement.least_red, nothing, share)


@indicator("放款后红冲授信期发票", "INV,LON", (3, 6), RISKIER, "FR12", needs="INV")
def post_loan_red_rate(reds_issued: Reds, sales: Side, batch: Batch, months: int) -> Floats:
    """Red amounts, after our last loan and within the window, against the invoices that it was sized on,
    over those.

    Sized on: blue invoices of the 12 months before the loan. ``NOT_APPLICABLE`` when we never lent.
    """
    lent = [
        None
        if context.drawdowns is None
        else max((day for day in context.drawdowns if day <= as_of), default=None)
        for context, as_of in zip(batch.contexts, batch.as_of, strict=True)
    ]
    never = [NOT_AVAILABLE if context.drawdowns is None else NOT_APPLICABLE for context in batch.contexts]
    loan = np.array([days(day) for day in lent])
    if np.isnan(loan).all():
        return np.array(never, dtype=np.float64)
    on = loan[sales.firm]
    sizing = sales.blue & (sales.day <= on) & (sales.day > on - 365)
    at = loan[reds_issued.firm]
    against = (reds_issued.age < months) & (reds_issued.day > at)
    against &= (reds_issued.origin <= at) & (reds_issued.origin > at - 365)
    rate = ratio(reds_issued.sum(against), segment_sum(sales.firm[sizing], sales.firms, sales.amount[sizing]))
    return np.where(np.isnan(loan), never, rate)


@indicator("零税/免税票占比", "INV", (12,), CONTEXT, "FR13")
def zero_rate_share(sales: Side, months: int) -> Floats:
    """Share of sales on invoices without tax."""
    untaxed = sales.of_year(sales.rows.amount("tax_fen")[sales.year_place] == 0.0)
    return ratio(untaxed, sales.blue_month.total(months))


@indicator("贴近小规模临界", "INV,TPR", (12,), RISKIER, "FR13")
def small_cap_hug(sold: Cube, master: Master, batch: Batch, months: int) -> Floats:
    """1 when a small-scale taxpayer's year lies within the last 5% below the cap. Else ``NOT_APPLICABLE``
    or 0."""
    cap = batch.measurement.small_scale_cap_yuan
    year = sold.total(months) / FEN_PER_YUAN
    small = master.equals("taxpayer_kind", "small_scale")
    return np.where(small == 0, NOT_APPLICABLE, (year >= 0.95 * cap) & (year <= cap)) + 0 * small


@indicator("敏感品类占比", "ITM", (12,), RISKIER, "FR17")
def sensitive_item_share(lines_sold: Lines, batch: Batch, months: int) -> Floats:
    """Share of sales in item classes known for false invoices (成品油, 贵金属, 废旧物资 …)."""
    return lines_sold.share(lines_sold.begins(*batch.measurement.sensitive_prefixes))


@indicator("同品名单价离散", "ITM", (12,), RISKIER, "FR17")
def price_dispersion(price_spread: Floats, months: int) -> Floats:
    """Median absolute deviation over median of an item's unit price, weighted by amount over items."""
    return price_spread
