"""Sub-model ``invoice`` (发票): what is issued, how much, how steadily."""

from __future__ import annotations

import math

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.inputs.items import Lines
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, derived, submodel
from scoring.series import (
    Cube,
    change_variation,
    growth,
    longest_gap,
    longest_run,
    mean,
    ratio,
    segment_max,
    segment_sum,
    since,
    slope,
    summed,
    variation,
)
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Bools, Floats

indicator = submodel("invoice")


@indicator("有效开票额(蓝+红)", "INV", (1, 3, 6, 12, 24), SAFER, "IV01")
def out_amt(sold: Cube, months: int) -> Floats:
    """Valid sales without tax, blue plus red, yuan."""
    return sold.total(months) / FEN_PER_YUAN


@indicator("有效开票张数", "INV", (3, 6, 12), SAFER, "IV01")
def out_cnt(sales: Side, months: int) -> Floats:
    """Valid blue invoices; a red one offsets and adds no business."""
    return sales.count_month.total(months)


@indicator("开票同比", "INV", (3, 6, 12), SAFER, "IV03")
def out_yoy(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Sales against the same months a year before, minus 1."""
    return since(selling_history, 12 + months, growth(sold.total(months), sold.total(months, 12)))


@indicator("开票环比", "INV", (3, 6), SAFER, "IV03")
def out_hoh(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Sales against the months just before, minus 1."""
    return since(selling_history, 2 * months, growth(sold.total(months), sold.total(months, months)))


@indicator("月开票波动", "INV", (6, 12, 24), RISKIER, "IV05")
def out_cv(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Standard deviation of monthly sales over their mean."""
    return since(selling_history, months, variation(sold.last(months)))


@indicator("环比波动", "INV", (12,), RISKIER, "IV05")
def out_mom_vol(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Standard deviation of month-to-month changes over mean monthly sales."""
    return since(selling_history, months, change_variation(sold.last(months)))


@indicator("开票趋势", "INV", (12, 24), SAFER, "IV03")
def out_slope(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Least-squares slope of monthly sales, a month, over their mean."""
    return since(selling_history, months, slope(sold.last(months)))


@indicator("有票月数", "INV", (12, 24), SAFER, "IV07")
def out_active_months(sales: Side, months: int) -> Floats:
    """Months with a valid blue invoice."""
    return summed(sales.count_month.last(months) > 0)


@derived
def silent_months(sales: Side, batch: Batch) -> tuple[Bools, Bools]:
    """Months without a valid blue invoice and months that are February (Spring Festival), newest first."""
    silent = sales.count_month.last(24) == 0
    february = (batch.last_month[:, None] - np.arange(24)) % 12 == 1
    return silent, february


@indicator("断票月数(不含2月)", "INV", (3, 12, 24), RISKIER, "IV09")
def out_zero_months(silent_months: tuple[Bools, Bools], months: int) -> Floats:
    """Months without a valid blue invoice, February left out."""
    silent, february = silent_months
    return summed((silent & ~february)[:, :months])


@indicator("最长连续断票月", "INV", (12, 24), RISKIER, "IV09")
def out_zero_run(silent_months: tuple[Bools, Bools], months: int) -> Floats:
    """Longest run of months without a valid blue invoice; February neither counts nor breaks a run."""
    silent, february = silent_months
    return longest_run(silent[:, :months], february[:, :months])


@derived
def issuing_days(sales: Side, batch: Batch) -> Bools:
    """Whether a valid blue invoice was issued so many days before ``as_of``, shape (firms, 372)."""
    days = np.zeros((batch.firms, _DAYS), dtype=np.bool_)
    days[sales.year_firm, batch.last_day[sales.year_firm] - sales.year_day] = True
    return days


_DAYS = 372


@indicator("最长未开票间隔", "INV", (6, 12), RISKIER, "IV09")
def out_max_gap_days(issuing_days: Bools, batch: Batch, months: int) -> Floats:
    """Longest stretch of days between valid blue invoices, both ends of the window included."""
    begin = ((batch.last_month - 1970 * 12 - months + 1).view("M8[M]").astype("M8[D]")).astype(np.int64)
    length = batch.last_day - begin + 1
    marked = issuing_days & (np.arange(_DAYS) < length[:, None])
    marked[:, 0] = True
    marked[np.arange(batch.firms), length] = True
    return longest_gap(marked)


@indicator("距最近开票天数", "INV", (), RISKIER, "IV09")
def out_days_since_last(sales: Side, batch: Batch) -> Floats:
    """Days from the newest valid blue invoice to ``as_of``."""
    blue = sales.blue.nonzero()[0]
    return batch.last_day - segment_max(sales.day[blue], sales.firm[blue], batch.firms, INSUFFICIENT)


@indicator("首张发票距今月数", "INV", (), SAFER, "IV07")
def out_first_months(sales: Side) -> Floats:
    """Months from the first valid blue invoice to ``as_of``."""
    blue = sales.blue.nonzero()[0]
    return segment_max(sales.age[blue], sales.firm[blue], sales.firms, INSUFFICIENT)


@indicator("单票均额(log)", "INV", (12,), INTERIOR, "IV21")
def out_ticket_avg(sales: Side, months: int) -> Floats:
    """log(1 + mean valid blue invoice in yuan)."""
    return np.log1p(ratio(sales.blue_month.total(months) / FEN_PER_YUAN, sales.count_month.total(months)))


@indicator("大额票占比", "INV", (12,), RISKIER, "IV21")
def out_big_share(sales: Side, batch: Batch, months: int) -> Floats:
    """Share of blue sales in the largest 5% of invoices."""
    ends = np.cumsum(sales.year_count).astype(np.int64)[:-1]
    large = np.array([_largest(amounts, 0.05) for amounts in np.split(sales.year_amount, ends)])
    share = ratio(large, sales.blue_month.total(months))
    return since(sales.year_count, batch.measurement.least_invoices, share)


def _largest(amounts: Floats, part: float) -> float:
    """The sum of the largest part of some amounts, by their number."""
    smaller = len(amounts) - math.ceil(part * len(amounts))
    return float(np.partition(amounts, smaller)[smaller:].sum()) if len(amounts) else 0.0


@indicator("季节强度", "INV", (24,), INTERIOR, "IV05")
def out_season_strength(sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Largest calendar-month average over the mean month."""
    calendar = (sold.month[:, :12] + sold.month[:, 12:24]) / 2
    return since(selling_history, months, ratio(np.maximum.reduce(calendar, axis=1), mean(calendar)))


@indicator("近3月占12月比", "INV", (12,), INTERIOR, "IV05")
def out_recent_share(sold: Cube, months: int) -> Floats:
    """Sales of the last 3 months over those of the window."""
    return ratio(sold.total(3), sold.total(months))


@indicator("专票占比", "INV", (12,), CONTEXT, "IV21")
def special_ratio(sales: Side, months: int) -> Floats:
    """Special VAT invoices (专用发票) over all blue sales."""
    special = sales.of_year(sales.rows.among("kind", "special")[sales.year_place])
    share = ratio(special, sales.blue_month.total(months))
    return np.where(sales.told("kind"), share, NOT_AVAILABLE)


@indicator("综合税率", "INV", (12,), CONTEXT, "IV21")
def eff_tax_rate(sales: Side, sold: Cube, months: int) -> Floats:
    """Tax over valid amount."""
    rows = (~sales.void & (sales.age < months)).nonzero()[0]
    tax = sales.rows.amount("tax_fen")[sales.place[rows]]
    return ratio(segment_sum(sales.firm[rows], sales.firms, tax), sold.total(months))


@indicator("开票品类数", "ITM", (12,), INTERIOR, "IV40")
def item_cat_cnt(lines_sold: Lines, months: int) -> Floats:
    """Distinct item classes (leading digits of 税收分类编码) sold."""
    return segment_sum(lines_sold.firm_of, lines_sold.firms) + lines_sold.gap


@indicator("品类熵", "ITM", (12,), INTERIOR, "IV40")
def item_entropy(lines_sold: Lines, months: int) -> Floats:
    """Entropy of sales over item classes, −Σ p ln p."""
    part = lines_sold.fen / lines_sold.sum(lines_sold.fen)[lines_sold.firm_of]
    return -lines_sold.sum(part * np.log(part)) + lines_sold.gap
