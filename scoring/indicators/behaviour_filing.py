"""Sub-model ``tax_behaviour`` (涉税行为): filing and paying in time."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.batch import Batch
from scoring.inputs.discipline import Discipline
from scoring.inputs.payments import Payments
from scoring.inputs.returns import Returns
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import flag, ratio
from scoring.value import INSUFFICIENT, NOT_APPLICABLE, Floats

indicator = submodel("tax_behaviour")


@indicator("首笔收入申报距今月数", "DEC", (), SAFER, "TB03")
def first_income_months(returns: Returns) -> Floats:
    """Months since the end of the first VAT period with sales."""
    return returns.rows.largest(returns.vat & (returns.sales > 0), returns.age)


@indicator("按期申报率", "DEC", (12, 24), SAFER, "TB04")
def filing_on_time_rate(discipline: Discipline, months: int) -> Floats:
    """Returns filed in time over those that were to be filed."""
    return discipline.on_time(months)


@indicator("逾期申报次数", "DEC", (6, 12, 24), RISKIER, "TB04")
def filing_late_cnt(discipline: Discipline, months: int) -> Floats:
    """Returns filed after their due date."""
    return discipline.late(months)


@indicator("最长逾期申报天数", "DEC", (12,), RISKIER, "TB04")
def filing_late_days_max(discipline: Discipline, months: int) -> Floats:
    """The most days that a return was late; 0 when all were in time."""
    return discipline.worst(months)


@indicator("最近一期已申报", "DEC", (), SAFER, "TB04")
def latest_filed_flag(discipline: Discipline) -> Floats:
    """1 when the last VAT period that was due is filed, monthly and quarterly filers by their own lag."""
    return flag(~discipline.declared.stale, discipline.periods(12)[0])


@indicator("增值税申报期数", "DEC", (24,), SAFER, "TB05")
def filing_period_cnt(discipline: Discipline, months: int) -> Floats:
    """VAT periods filed."""
    return discipline.periods(months)[0]


@indicator("零申报期数", "DEC", (12, 24), RISKIER, "TB05")
def zero_filing_cnt(discipline: Discipline, months: int) -> Floats:
    """VAT periods filed without sales."""
    return discipline.periods(months)[1]


@indicator("最长连续零申报", "DEC", (12, 24), RISKIER, "TB05")
def zero_filing_run(discipline: Discipline, months: int) -> Floats:
    """The longest run of VAT periods filed without sales; an unfiled one neither counts nor breaks it."""
    return discipline.periods(months)[2]


@indicator("滞纳金次数(>3天)", "PAY", (3, 6, 12, 24), RISKIER, "TB06")
def late_fee_cnt(payments: Payments, months: int) -> Floats:
    """Late fees for more than 3 days, or for an unknown time."""
    return payments.late_fees.total(months)


@indicator("滞纳金/入库税额", "PAY", (12,), RISKIER, "TB06")
def late_fee_ratio(payments: Payments, months: int) -> Floats:
    """Late fees over tax paid."""
    return ratio(payments.late_fee.total(months), payments.tax.total(months))


@indicator("当前欠税余额", "PAY", (), RISKIER, "TB07", needs="PAY,tax_arrears")
def arrears_cur(batch: Batch) -> Floats:
    """Tax owed past its due date and not settled at ``as_of``, yuan."""
    rows = batch.rows("tax_arrears")
    return rows.sum(rows.lasting("settled_on"), rows.number("amount_fen")) / FEN_PER_YUAN


@indicator("欠税记录次数", "PAY", (12, 24), RISKIER, "TB07", needs="PAY,tax_arrears")
def arrears_cnt(batch: Batch, months: int) -> Floats:
    """Entries of tax owed."""
    rows = batch.rows("tax_arrears")
    return rows.count(rows.age("event_date") < months)


@indicator("行为罚款次数", "PAY", (3, 6, 12, 24), RISKIER, "TB08")
def behaviour_fine_cnt(payments: Payments, months: int) -> Floats:
    """Fines for breach of duty (行为罚款), and fines of an unknown kind."""
    return payments.behaviour_fines.total(months)


@indicator("涉税罚款次数", "PAY", (12, 24), RISKIER, "TB08")
def tax_fine_cnt(payments: Payments, months: int) -> Floats:
    """Fines on tax (涉税罚款), and fines of an unknown kind."""
    return payments.tax_fines.total(months)


@indicator("更正申报次数", "DEC", (12,), RISKIER, "TB09")
def correction_cnt(returns: Returns, months: int) -> Floats:
    """Returns that correct an earlier one."""
    rows = returns.rows
    return rows.count(~returns.original & (rows.age("event_date") < months))


@indicator("更正调减额/原销售", "DEC", (12,), RISKIER, "TB09")
def correction_down_ratio(returns: Returns, months: int) -> Floats:
    """Sales taken back by corrections over the sales that were corrected. ``NOT_APPLICABLE`` without one."""
    rows, place = returns.rows, np.maximum(returns.corrected, 0)
    if not len(rows):
        return np.full(rows.firms, INSUFFICIENT)
    mine = (returns.corrected >= 0) & (rows.age("event_date") < months)
    first = returns.sales[place]
    down = np.maximum(first - returns.sales, 0)
    share = ratio(rows.sum(mine, down), rows.sum(mine, first))
    return np.where(rows.count(mine) > 0, share, NOT_APPLICABLE)


@indicator("平均提前缴款天数", "PAY", (12,), SAFER, "TB10")
def prepay_days_avg(payments: Payments, months: int) -> Floats:
    """Mean days from a payment of tax to its due date; negative when late."""
    rows = payments.rows
    early = rows.day("due_on") - rows.day("event_date")
    return rows.mean(rows.among("nature", "tax") & (payments.age < months), early)
