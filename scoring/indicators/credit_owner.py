"""Sub-model ``credit_bureau`` (征信): the owner's report. Money is yuan."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.batch import Batch
from scoring.inputs.credit import ONLINE, Accounts, Guarantees, PaidMonths
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import ratio
from scoring.value import NOT_AVAILABLE, Floats

indicator = submodel("credit_bureau")


@indicator("企业主征信分", "CRP", (), SAFER, "CB12")
def owner_bureau_score(owner_credit: Accounts, batch: Batch) -> Floats:
    """The score of the newest report."""
    reports = batch.rows("credit_report")
    score = reports.latest(reports.among("party", "owner"), "event_date", "score", NOT_AVAILABLE)
    return owner_credit.gap + score


@indicator("企业主当前逾期", "CRP", (), RISKIER, "CB13")
def owner_overdue_amt(owner_credit: Accounts) -> Floats:
    """Overdue now."""
    return owner_credit.sum(owner_credit.open, "overdue_fen") / FEN_PER_YUAN


@indicator("企业主逾期期数", "CRP", (24, 60), RISKIER, "CB13", needs="CRP,credit_month")
def owner_overdue_cnt(owner_credit: Accounts, paid_months: PaidMonths, months: int) -> Floats:
    """Months of accounts that were overdue."""
    return owner_credit.gap + paid_months.rows.count(paid_months.late(paid_months.owner, months))


@indicator("企业主最长逾期月", "CRP", (24, 60), RISKIER, "CB13", needs="CRP,credit_month")
def owner_overdue_max(owner_credit: Accounts, paid_months: PaidMonths, months: int) -> Floats:
    """The most instalments that were overdue at once."""
    late = paid_months.late(paid_months.owner, months)
    instalments = np.where(np.isnan(paid_months.overdue), 1.0, paid_months.overdue)
    return owner_credit.gap + paid_months.rows.largest(late, instalments, 0.0)


@indicator("企业主贷款查询", "CRP", (1, 3, 6), RISKIER, "CB14", needs="CRP,credit_inquiry")
def owner_query_cnt(owner_credit: Accounts, credit_inquiries: tuple[Floats, Floats], months: int) -> Floats:
    """Inquiries for a loan."""
    return owner_credit.gap + credit_inquiries[1][:, months - 1]


@indicator("企业主贷记卡使用率", "CRP", (), RISKIER, "CB15")
def owner_card_usage(owner_credit: Accounts) -> Floats:
    """Used over the limits of open credit cards."""
    cards = owner_credit.open & owner_credit.kind("card")
    return ratio(owner_credit.sum(cards), owner_credit.sum(cards, "limit_fen"))


@indicator("企业主网贷小贷笔数", "CRP", (), RISKIER, "CB15")
def owner_nonbank_cnt(owner_credit: Accounts) -> Floats:
    """Open accounts with small-loan, online and consumer-finance lenders."""
    return owner_credit.count(owner_credit.open & owner_credit.rows.among("lender_kind", *ONLINE))


@indicator("企业主经营贷余额", "CRP", (), RISKIER, "CB16")
def owner_biz_balance(owner_credit: Accounts) -> Floats:
    """Balance of open business loans."""
    return owner_credit.sum(owner_credit.open & owner_credit.kind("business_loan")) / FEN_PER_YUAN


@indicator("企业主有按揭", "CRP", (), SAFER, "CB16")
def owner_mortgage_flag(owner_credit: Accounts) -> Floats:
    """1 with an open mortgage on a home."""
    return owner_credit.any(owner_credit.open & owner_credit.kind("mortgage"))


@indicator("呆账/代偿/资产处置", "CRP", (60,), RISKIER, "CB17")
def owner_special_flag(owner_credit: Accounts, months: int) -> Floats:
    """1 when an account was written off, paid by a guarantor or disposed of; one without a day counts."""
    special = owner_credit.rows.among("special", "bad_debt", "compensated", "disposed")
    return owner_credit.any(special & ~(owner_credit.rows.age("special_on") >= months))


@indicator("企业主担保不良", "CRP", (), RISKIER, "CB17", needs="CRP,credit_guarantee")
def owner_guar_bad_flag(owner_credit: Accounts, guarantees: Guarantees) -> Floats:
    """1 when a loan that the owner guarantees is watched or bad."""
    return owner_credit.gap + guarantees.owner_bad
