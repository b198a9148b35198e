"""Sub-model ``tax_behaviour`` (涉税行为): the taxpayer's standing, rating, violations and changes."""

from __future__ import annotations

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.master import Master
from scoring.inputs.rating import Rating
from scoring.measure import CONTEXT, RISKIER, SAFER, submodel
from scoring.value import NOT_APPLICABLE, Floats

indicator = submodel("tax_behaviour")


@indicator("纳税缴费信用等级", "TCR", (), SAFER, "TB01")
def tax_credit_grade(rating: Rating) -> Floats:
    """The newest published grade: A 5, B 4, M 3, C 2, D 1."""
    return rating.grade


@indicator("信用评价得分", "TCR", (), SAFER, "TB01")
def tax_credit_score(rating: Rating) -> Floats:
    """The score of the newest rating."""
    return rating.score


@indicator("等级变动", "TCR", (24,), SAFER, "TB01")
def tax_credit_chg(rating: Rating, months: int) -> Floats:
    """The newest grade minus that of the year before."""
    return rating.grade - rating.before


@indicator("C/D级次数", "TCR", (36,), RISKIER, "TB01")
def tax_credit_low_cnt(rating: Rating, months: int) -> Floats:
    """Ratings of C or D published in the window."""
    return rating.low(months)


@indicator("一般纳税人", "TPR", (), CONTEXT, "TB02")
def taxpayer_general_flag(master: Master) -> Floats:
    """1 for a general taxpayer, 0 for a small-scale one."""
    return master.equals("taxpayer_kind", "general")


@indicator("纳税人状态正常", "TPR", (), SAFER, "TB02")
def taxpayer_normal_flag(master: Master) -> Floats:
    """1 when the tax authority's status is normal."""
    return master.equals("status", "normal")


@indicator("一般纳税人月数", "TPR", (), SAFER, "TB02")
def general_since_months(master: Master) -> Floats:
    """Months as a general taxpayer. ``NOT_APPLICABLE`` for a small-scale one."""
    small = master.equals("taxpayer_kind", "general") == 0
    return np.where(small, NOT_APPLICABLE, master.months_since("general_since"))


@indicator("违法违章次数", "VIO", (12, 24), RISKIER, "TB11")
def violation_cnt(batch: Batch, months: int) -> Floats:
    """Violations of tax law on record."""
    rows = batch.rows("tax_violation")
    return rows.count(rows.age("event_date") < months)


@indicator("未处理违章数", "VIO", (), RISKIER, "TB11")
def violation_open_cnt(batch: Batch) -> Floats:
    """Violations not dealt with at ``as_of``."""
    rows = batch.rows("tax_violation")
    handled = rows.days_ago("handled_on") >= 0
    return rows.count(rows.among("state", "open") | ~(handled | np.isnan(rows.day("handled_on"))))


@indicator("稽查立案次数", "VIO", (24, 36), RISKIER, "TB12", needs="VIO,tax_inspection")
def inspection_cnt(batch: Batch, months: int) -> Floats:
    """Cases opened by the inspection (稽查)."""
    rows = batch.rows("tax_inspection")
    return rows.count(rows.age("event_date") < months)


@indicator("重大税收违法", "VIO", (36,), RISKIER, "TB12")
def major_violation_flag(batch: Batch, months: int) -> Floats:
    """1 when on the list of major tax offenders in the window."""
    rows = batch.rows("tax_violation")
    left = rows.age("handled_on")
    return rows.any(rows.among("kind", "major") & ~(left >= months))


@indicator("非正常户标记", "TPR", (36,), RISKIER, "TB02")
def abnormal_household_flag(master: Master, batch: Batch, months: int) -> Floats:
    """1 when the taxpayer is, or was in the window, an abnormal household (非正常户)."""
    rows = batch.rows("taxpayer_change")
    was = rows.among("kind", "abnormal_household") & ~(rows.age("ended_on") >= months)
    now = master.equals("status", "abnormal")
    return np.where(now == 1, now, batch.masked(rows.any(was), "taxpayer_change"))


@indicator("税务登记变更次数", "TPR", (12,), RISKIER, "TB13", needs="TPR,taxpayer_change")
def tax_reg_chg_cnt(batch: Batch, months: int) -> Floats:
    """Changes of the registration at the tax authority."""
    rows = batch.rows("taxpayer_change")
    return rows.count(rows.among("kind", "registration", "kind") & (rows.age("event_date") < months))


@indicator("开票额度被调减", "TPR", (12,), RISKIER, "TB13", needs="TPR,taxpayer_change")
def quota_cut_flag(batch: Batch, months: int) -> Floats:
    """1 when the invoice quota was cut in the window."""
    rows = batch.rows("taxpayer_change")
    cut = rows.number("after_fen") < rows.number("before_fen")
    return rows.any(rows.among("kind", "invoice_quota") & cut & (rows.age("event_date") < months))
