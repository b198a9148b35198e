"""Sub-model ``registration`` (工商): the company as registered, its holders and its persons."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.batch import Batch
from scoring.inputs.master import Master
from scoring.inputs.owners import Owners
from scoring.inputs.staff import Staff
from scoring.measure import INTERIOR, RISKIER, SAFER, submodel
from scoring.series import growth, ratio
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Floats

indicator = submodel("registration")
TEN_THOUSAND = 10_000


@indicator("成立月数", "ENT", (), SAFER, "RG01", needs="")
def est_months(register: Master, master: Master, batch: Batch) -> Floats:
    """Months from the founding to ``as_of``; by the tax authority's record when the register is silent."""
    founded = batch.masked(register.months_since("established_on"), "ENT")
    recorded = batch.masked(master.months_since("registered_on"), "TPR")
    return np.where(np.isnan(founded) & ~np.isnan(recorded), recorded, founded)


@indicator("注册资本(万元,log)", "ENT", (), SAFER, "RG02")
def reg_capital(register: Master) -> Floats:
    """log(1 + registered capital in 10,000 yuan)."""
    return np.log1p(np.maximum(register.number("registered_capital_fen"), 0) / FEN_PER_YUAN / TEN_THOUSAND)


@indicator("实缴比例", "ENT,SHR", (), SAFER, "RG02", needs="ENT")
def paid_in_ratio(register: Master) -> Floats:
    """Paid-in over registered capital."""
    return ratio(register.number("paid_in_capital_fen"), register.number("registered_capital_fen"))


@indicator("登记状态正常", "ENT", (), SAFER, "RG03")
def reg_status_normal(register: Master) -> Floats:
    """1 when the company is registered as active (存续/在业)."""
    return register.equals("status", "active")


@indicator("法代持股比例", "SHR", (), SAFER, "RG04")
def legal_rep_share(owners: Owners) -> Floats:
    """Shares that the legal representative holds directly."""
    return owners.representative


@indicator("实控人穿透持股", "SHR", (), SAFER, "RG04")
def actual_ctrl_share(owners: Owners) -> Floats:
    """Shares of the person who holds most, directly and through companies: the sum over paths of the
    products of shares."""
    return owners.controller


@indicator("第一大股东占比", "SHR", (), INTERIOR, "RG04")
def top1_holder_share(owners: Owners) -> Floats:
    """The largest direct holding."""
    return owners.largest


@indicator("股东人数", "SHR", (), INTERIOR, "RG04")
def shareholder_cnt(owners: Owners) -> Floats:
    """Direct holders."""
    return owners.holders


@indicator("法代关联企业数", "SHR", (), INTERIOR, "RG05", needs="related_company")
def rep_other_ent_cnt(batch: Batch) -> Floats:
    """Other companies with the same legal representative."""
    rows = batch.rows("related_company")
    return rows.count(rows.among("relation", "same_representative"))


@indicator("法代名下吊注销数", "SHR", (36,), RISKIER, "RG05", needs="related_company")
def rep_other_dead_cnt(batch: Batch, months: int) -> Floats:
    """Of those, revoked or cancelled in the window; one without a day counts."""
    rows = batch.rows("related_company")
    dead = rows.among("relation", "same_representative") & rows.among("status", "revoked", "cancelled")
    age = rows.age("status_since")
    return rows.count(dead & ~(age >= months) & ~(age < 0))


@indicator("分支机构数", "ENT", (), INTERIOR, "RG06", needs="related_company")
def branch_cnt(batch: Batch) -> Floats:
    """Branches."""
    rows = batch.rows("related_company")
    return rows.count(rows.among("relation", "branch"))


@indicator("对外投资家数", "ENT", (), INTERIOR, "RG06", needs="related_company")
def invest_out_cnt(batch: Batch) -> Floats:
    """Companies that it holds shares of."""
    rows = batch.rows("related_company")
    return rows.count(rows.among("relation", "investment"))


@indicator("同址注册企业数", "ENT", (), RISKIER, "RG06")
def addr_cluster_cnt(register: Master) -> Floats:
    """Companies registered at the same address."""
    return register.number("same_address_count")


@indicator("行业许可有效", "ENT", (), SAFER, "RG07", needs="licence")
def license_valid_flag(batch: Batch) -> Floats:
    """1 when an industry licence is in force at ``as_of``, 0 when all have ended. ``NOT_AVAILABLE`` without
    one on record."""
    return licensed(batch, "industry")


def licensed(batch: Batch, kind: str) -> Floats:
    """1 when a licence of a kind is in force at ``as_of``, else 0; ``NOT_AVAILABLE`` without one on
    record."""
    rows = batch.rows("licence")
    mine = rows.among("kind", kind)
    return np.where(rows.count(mine) > 0, rows.any(mine & rows.lasting("expires_on")), NOT_AVAILABLE)


@indicator("参保人数", "SOC", (), SAFER, "RG08")
def insured_cnt(staff: Staff) -> Floats:
    """Persons insured in the newest month with a count."""
    return staff.newest


@indicator("参保人数同比", "SOC", (12,), SAFER, "RG08")
def insured_yoy(staff: Staff, months: int) -> Floats:
    """Persons of the newest month against 12 months before, minus 1."""
    first = np.argmax(~np.isnan(staff.heads), axis=1)
    before = staff.heads[np.arange(len(first)), np.minimum(first + months, staff.heads.shape[1] - 1)]
    return growth(staff.newest, np.where(np.isnan(before), INSUFFICIENT, before))
