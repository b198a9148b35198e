"""Sub-model ``registration`` (工商): changes, adverse entries, pledges and freezes."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.batch import Batch
from scoring.inputs.events import Adverse, Changes
from scoring.inputs.master import Master
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import ratio
from scoring.value import Floats

indicator = submodel("registration")


@indicator("法代任职月数", "CHG", (), SAFER, "RG09")
def legal_rep_tenure_m(changes: Changes, register: Master) -> Floats:
    """Months since the legal representative last changed; since the founding when it never did."""
    newest = changes.newest("legal_representative")
    return np.where(np.isnan(newest), register.months_since("established_on"), newest)


@indicator("法代变更次数", "CHG", (12, 24), RISKIER, "RG09")
def legal_rep_chg_cnt(changes: Changes, months: int) -> Floats:
    """Changes of the legal representative."""
    return changes.of("legal_representative").total(months)


@indicator("股权变更次数", "CHG", (12, 24), RISKIER, "RG10")
def share_chg_cnt(changes: Changes, months: int) -> Floats:
    """Changes of shareholders."""
    return changes.of("shareholder").total(months)


@indicator("住所变更次数", "CHG", (12, 24), RISKIER, "RG11")
def addr_chg_cnt(changes: Changes, months: int) -> Floats:
    """Changes of the address."""
    return changes.of("address").total(months)


@indicator("经营范围变更次数", "CHG", (12, 24), RISKIER, "RG11")
def scope_chg_cnt(changes: Changes, months: int) -> Floats:
    """Changes of the business scope."""
    return changes.of("scope").total(months)


@indicator("名称变更次数", "CHG", (24,), RISKIER, "RG11")
def name_chg_cnt(changes: Changes, months: int) -> Floats:
    """Changes of the name."""
    return changes.of("name").total(months)


@indicator("高管变更次数", "CHG", (12, 24), RISKIER, "RG09")
def exec_chg_cnt(changes: Changes, months: int) -> Floats:
    """Changes of directors, supervisors and managers."""
    return changes.of("executive").total(months)


@indicator("减资标记", "CHG", (12, 24), RISKIER, "RG10")
def capital_reduce_flag(changes: Changes, months: int) -> Floats:
    """1 when the registered capital was cut in the window."""
    return (changes.cuts.total(months) > 0).astype(np.float64)


@indicator("列入经营异常次数", "NEG", (12, 36), RISKIER, "RG12")
def abnormal_list_cnt(adverse: Adverse, months: int) -> Floats:
    """Entries on the list of abnormal operation (经营异常名录)."""
    return adverse.of("abnormal_list").total(months)


@indicator("当前经营异常", "NEG", (), RISKIER, "RG12")
def abnormal_active_flag(adverse: Adverse) -> Floats:
    """1 while such an entry lasts."""
    return adverse.active("abnormal_list")


@indicator("严重违法失信名单", "NEG", (), RISKIER, "RG12")
def serious_illegal_flag(adverse: Adverse) -> Floats:
    """1 while on the list of serious offenders."""
    return adverse.active("serious_illegal")


@indicator("行政处罚次数", "NEG", (12, 24), RISKIER, "RG13")
def admin_penalty_cnt(adverse: Adverse, months: int) -> Floats:
    """Administrative penalties."""
    return adverse.of("admin_penalty").total(months)


@indicator("罚没额/年销售", "NEG,INV", (24,), RISKIER, "RG13")
def admin_penalty_ratio(adverse: Adverse, out_amt_12m: Floats, months: int) -> Floats:
    """Fines and confiscations of the window over the last 12 months' sales."""
    return ratio(adverse.fines.total(months) / FEN_PER_YUAN, out_amt_12m)


@indicator("年报逾期次数", "NEG", (36,), RISKIER, "RG13")
def annual_report_late_cnt(adverse: Adverse, months: int) -> Floats:
    """Annual reports filed late."""
    return adverse.of("annual_report_late").total(months)


@indicator("股权出质比例", "ENT", (), RISKIER, "RG14", needs="ENT,equity_pledge")
def equity_pledge_ratio(batch: Batch, register: Master) -> Floats:
    """Shares under pledge at ``as_of`` over the registered capital."""
    rows = batch.rows("equity_pledge")
    pledged = rows.sum(rows.lasting("ended_on"), rows.number("pledged_fen"))
    return ratio(pledged, register.number("registered_capital_fen"))


@indicator("股权冻结标记", "EXE", (), RISKIER, "RG14")
def equity_freeze_flag(batch: Batch) -> Floats:
    """1 while shares of the company are frozen by a court."""
    rows = batch.rows("enforcement")
    frozen = rows.among("kind", "equity_freeze") & rows.among("party", "company")
    return rows.any(frozen & rows.lasting("ended_on"))
