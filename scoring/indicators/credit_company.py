"""Sub-model ``credit_bureau`` (征信): the company's report. Money is yuan."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.batch import Batch
from scoring.inputs.credit import BAD, NONBANK, WATCHED, Accounts, Debt, Guarantees, PaidMonths
from scoring.measure import CONTEXT, RISKIER, SAFER, submodel
from scoring.series import growth, ratio
from scoring.value import Floats

indicator = submodel("credit_bureau")
DUE_DAYS = 92


@indicator("企业信贷余额", "CRE", (), CONTEXT, "CB01")
def ent_loan_balance(company_credit: Accounts) -> Floats:
    """Balance of open accounts."""
    return company_credit.sum(company_credit.open) / FEN_PER_YUAN


@indicator("企业授信机构数", "CRE", (), RISKIER, "CB02")
def ent_lender_cnt(company_credit: Accounts) -> Floats:
    """Lenders of open accounts."""
    return company_credit.lenders(company_credit.open)


@indicator("新增授信机构数", "CRE", (6, 12), RISKIER, "CB02")
def ent_lender_new_cnt(company_credit: Accounts, months: int) -> Floats:
    """Lenders whose first account was opened in the window."""
    age = company_credit.rows.age("event_date")
    every = company_credit.lenders(age >= 0)
    return every - company_credit.lenders(age >= months)


@indicator("企业当前逾期", "CRE", (), RISKIER, "CB03")
def ent_overdue_amt(company_credit: Accounts) -> Floats:
    """Overdue now."""
    return company_credit.sum(company_credit.open, "overdue_fen") / FEN_PER_YUAN


@indicator("企业逾期次数", "CRE", (12, 24, 60), RISKIER, "CB03", needs="CRE,credit_month")
def ent_overdue_cnt(paid_months: PaidMonths, months: int) -> Floats:
    """Months of accounts that were overdue."""
    return paid_months.rows.count(paid_months.late(paid_months.company, months))


@indicator("不良/关注类标记", "CRE", (60,), RISKIER, "CB04")
def ent_bad_class_flag(company_credit: Accounts, months: int) -> Floats:
    """1 when an account is, or was when settled in the window, watched or bad."""
    watched = company_credit.rows.among("loan_class", *WATCHED)
    return company_credit.any(watched & ~(company_credit.rows.age("closed_on") >= months))


@indicator("已结清不良笔数", "CRE", (60,), RISKIER, "CB04")
def ent_settled_bad_cnt(company_credit: Accounts, months: int) -> Floats:
    """Accounts settled in the window that had been bad."""
    bad, closed = company_credit.rows.among("loan_class", *BAD), company_credit.rows.age("closed_on")
    return company_credit.count(bad & (closed >= 0) & (closed < months))


@indicator("对外担保余额", "CRE", (), RISKIER, "CB05", needs="CRE,credit_guarantee")
def ent_guar_balance(guarantees: Guarantees) -> Floats:
    """Guaranteed for others."""
    return guarantees.company / FEN_PER_YUAN


@indicator("担保/净资产", "CRE,FIN", (), RISKIER, "CB05", needs="CRE,credit_guarantee,FIN")
def ent_guar_ratio(guarantees: Guarantees, fin_equity: Floats) -> Floats:
    """Guaranteed for others over owners' equity."""
    return ratio(guarantees.company / FEN_PER_YUAN, fin_equity)


@indicator("对外担保不良", "CRE", (), RISKIER, "CB05", needs="CRE,credit_guarantee")
def ent_guar_bad_flag(guarantees: Guarantees) -> Floats:
    """1 when a guaranteed loan is watched or bad."""
    return guarantees.company_bad


@indicator("企业贷款审批查询", "CRE", (1, 3, 6, 12), RISKIER, "CB06", needs="CRE,credit_inquiry")
def ent_query_cnt(credit_inquiries: tuple[Floats, Floats], months: int) -> Floats:
    """Inquiries for a loan."""
    return credit_inquiries[0][:, months - 1]


@indicator("企业授信使用率", "CRE", (), RISKIER, "CB07")
def ent_usage(company_credit: Accounts) -> Floats:
    """Balance over limits of open accounts that have one."""
    limited = company_credit.open & (company_credit.rows.number("limit_fen") > 0)
    return ratio(company_credit.sum(limited), company_credit.sum(limited, "limit_fen"))


@indicator("信用类占比", "CRE", (), CONTEXT, "CB07")
def ent_credit_loan_ratio(company_credit: Accounts) -> Floats:
    """Balance without security over all."""
    unsecured = company_credit.open & company_credit.rows.among("security", "credit")
    return ratio(company_credit.sum(unsecured), company_credit.sum(company_credit.open))


@indicator("3月内到期占比", "CRE", (), RISKIER, "CB08")
def ent_due_3m_ratio(company_credit: Accounts) -> Floats:
    """Balance due within three months over all."""
    soon = company_credit.open & (-company_credit.rows.days_ago("due_on") <= DUE_DAYS)
    return ratio(company_credit.sum(soon), company_credit.sum(company_credit.open))


@indicator("信贷余额增幅", "CRE", (6, 12), RISKIER, "CB08", needs="CRE,credit_month")
def ent_balance_growth(company_credit: Accounts, paid_months: PaidMonths, months: int) -> Floats:
    """Balance against that of so many months before, minus 1."""
    return growth(company_credit.sum(company_credit.open), paid_months.balance(months))


@indicator("展期/借新还旧", "CRE", (24,), RISKIER, "CB08")
def ent_extend_cnt(company_credit: Accounts, months: int) -> Floats:
    """Accounts extended or refinanced in the window; one without a day counts from its opening."""
    rows = company_credit.rows
    renewed = rows.age("renewed_on")
    age = np.where(np.isnan(renewed), rows.age("event_date"), renewed)
    return company_credit.count(rows.among("renewal", "extended", "refinanced") & (age >= 0) & (age < months))


@indicator("租赁/保理/小贷机构数", "CRE", (), RISKIER, "CB09")
def ent_nonbank_cnt(company_credit: Accounts) -> Floats:
    """Leasing, factoring and small-loan companies with an open account."""
    return company_credit.lenders(company_credit.open & company_credit.rows.among("lender_kind", *NONBANK))


@indicator("企业信用历史月数", "CRE", (), SAFER, "CB10")
def ent_history_months(company_credit: Accounts, batch: Batch) -> Floats:
    """Months since the first credit."""
    reports = batch.rows("credit_report")
    told = reports.largest(reports.among("party", "company"), reports.age("first_credit_on"))
    opened = company_credit.rows.largest(company_credit.mine, company_credit.rows.age("event_date"))
    return company_credit.gap + np.where(np.isnan(told), opened, np.fmax(told, opened))


@indicator("企业+企业主共债机构", "CRE,CRP", (), RISKIER, "CB02")
def multi_lender_cnt(company_credit: Accounts, owner_credit: Accounts) -> Floats:
    """Lenders to the company or to its owner's business."""
    operating = company_credit.open | (owner_credit.open & owner_credit.kind("business_loan"))
    return company_credit.gap + company_credit.rows.distinct(operating, company_credit.lender)


@indicator("总经营负债/年销售", "CRE,CRP,INV", (), RISKIER, "CB11")
def debt_to_sales(debt: Debt, out_amt_12m: Floats) -> Floats:
    """Operating debt of company and owner over the last 12 months' sales."""
    return ratio(debt.operating / FEN_PER_YUAN, out_amt_12m)
