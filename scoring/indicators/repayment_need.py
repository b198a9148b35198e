"""Sub-model ``repayment`` (还款能力): what is needed, what could be lent, and how we were repaid. Yuan."""

from __future__ import annotations

from typing import cast

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.balances import Balances
from scoring.inputs.bank_side import given
from scoring.inputs.batch import Batch
from scoring.inputs.credit import Accounts, Debt, Guarantees
from scoring.inputs.flows import Flows
from scoring.inputs.scene import Figures
from scoring.inputs.statements import Books
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, submodel
from scoring.series import Cube, known_or, ratio
from scoring.value import NOT_AVAILABLE, Floats

indicator = submodel("repayment")
MOST_GROWTH = 0.15
VAT_MULTIPLE, CIT_MULTIPLE, SALES_SHARE, FLOW_MONTHS = 4.0, 5.0, 0.1, 2.0
"""Multiples that make tax, sales and flows comparable; those of a limit are policy."""


@indicator("营运资金需求", "FIN,INV", (12,), CONTEXT, "RP10")
def wc_need(
    out_amt_12m: Floats, out_yoy_12m: Floats, fin_net_margin_12m: Floats, cash_cycle_days: Floats, months: int
) -> Floats:
    """Sales × (1 − net margin) × (1 + growth, at most 15%) ÷ turns a year (流贷管理办法, annex)."""
    expected = np.clip(known_or(out_yoy_12m, 0.0), -1, MOST_GROWTH)
    cycle = np.where(cash_cycle_days <= 0, 0.0, cash_cycle_days) / 360
    return out_amt_12m * (1 - fin_net_margin_12m) * (1 + expected) * cycle


@indicator("营运资金缺口", "FIN,CRE", (), CONTEXT, "RP10", needs="FIN,CRE,INV")
def wc_gap(wc_need_12m: Floats, books: Books, debt: Debt, batch: Batch) -> Floats:
    """That need minus own funds and present operating loans."""
    stock = books.balance
    own = np.maximum(stock["equity"] - stock["fixed_assets"] - stock["intangible"], 0)
    told = given(batch, lambda context: context.own_funds_fen)
    funds = np.where(np.isnan(told), own, told)
    return wc_need_12m - (funds + debt.operating) / FEN_PER_YUAN


@indicator("申请额/缺口", "LON", (), RISKIER, "RP10", needs="")
def request_need_ratio(requested: Floats, wc_gap: Floats) -> Floats:
    """What is applied for over the gap; ``INSUFFICIENT`` without a gap."""
    return ratio(requested / FEN_PER_YUAN, wc_gap)


@indicator("申请额/年销售", "LON,INV", (12,), RISKIER, "RP10", needs="INV")
def request_sales_ratio(requested: Floats, sold: Cube, months: int) -> Floats:
    """What is applied for over sales."""
    return ratio(requested, sold.total(months))


@indicator("纳税折算能力", "PAY", (24,), SAFER, "RP03")
def tax_capacity(yearly_vat: Floats, yearly_cit: Floats, months: int) -> Floats:
    """4 × yearly VAT + 5 × yearly corporate income tax, as paid."""
    return VAT_MULTIPLE * yearly_vat + CIT_MULTIPLE * yearly_cit


@indicator("开票折算能力", "INV", (12,), SAFER, "RP04")
def sales_capacity(
    out_amt_12m: Floats, out_yoy_12m: Floats, cust_top1_share_12m: Floats, months: int
) -> Floats:
    """A tenth of yearly sales, less where they fall or hang on one customer."""
    fall = np.clip(1 + np.minimum(known_or(out_yoy_12m, 0.0), 0), 0.5, 1)
    top = known_or(cust_top1_share_12m, 1.0)
    return cast(
        Floats, SALES_SHARE * np.maximum(out_amt_12m, 0) * fall * (1 - 0.3 * np.maximum(top - 0.5, 0) / 0.5)
    )


@indicator("流水折算能力", "TXN", (12,), SAFER, "RP05")
def flow_capacity(op_inflow_12m: Floats, op_outflow_12m: Floats, months: int) -> Floats:
    """Two months of the lesser of operating inflow and outflow."""
    return FLOW_MONTHS * np.minimum(op_inflow_12m, op_outflow_12m) / months


@indicator("调整净资产", "FIN", (), SAFER, "RP11")
def net_asset_adj(books: Books) -> Floats:
    """Equity minus other receivables and intangible assets."""
    stock = books.balance
    return (stock["equity"] - stock["other_receivables"] - stock["intangible"]) / FEN_PER_YUAN


@indicator("企业主净资产", "CRP,LON", (), SAFER, "RP12", needs="CRP")
def owner_net_asset(batch: Batch, owner_credit: Accounts, own_loans: Figures) -> Floats:
    """The owner's homes and deposits with us minus what the owner owes."""
    reports = batch.rows("credit_report")
    owner = reports.among("party", "owner")
    homes = reports.latest(owner, "event_date", "property_fen", NOT_AVAILABLE) / FEN_PER_YUAN
    deposit = known_or(own_loans.latest("owner_deposit"), 0.0)
    return owner_credit.gap + homes + deposit - owner_credit.sum(owner_credit.open) / FEN_PER_YUAN


@indicator("企业主房产套数", "CRP", (), SAFER, "RP12")
def owner_property_cnt(batch: Batch, owner_credit: Accounts) -> Floats:
    """Homes that the owner has."""
    reports = batch.rows("credit_report")
    owner = reports.among("party", "owner")
    return owner_credit.gap + reports.latest(owner, "event_date", "property_count", NOT_AVAILABLE)


@indicator("或有负债/净资产", "CRE,FIN", (), RISKIER, "RP11", needs="CRE,credit_guarantee,FIN")
def guar_burden(guarantees: Guarantees, net_asset_adj: Floats) -> Floats:
    """Guaranteed for others over adjusted equity."""
    return ratio(guarantees.company / FEN_PER_YUAN, net_asset_adj)


@indicator("本行按时还款率", "LON", (24,), SAFER, "RP13")
def repay_ontime_rate(own_loans: Figures, months: int) -> Floats:
    """Instalments paid to us in time over those due."""
    on_time = own_loans.month("instalments_on_time").total(months)
    return ratio(on_time, own_loans.total("instalments_due", months))


@indicator("提前还款占比", "LON", (24,), CONTEXT, "RP13")
def early_repay_ratio(own_loans: Figures, months: int) -> Floats:
    """Repaid to us early over all that was repaid."""
    return ratio(own_loans.month("repaid_early").total(months), own_loans.total("repaid", months))


@indicator("本行额度使用率", "LON", (6,), INTERIOR, "RP13")
def limit_usage(own_loans: Figures, months: int) -> Floats:
    """Mean used over mean limit with us."""
    return ratio(own_loans.mean("used", months), own_loans.mean("limit", months))


@indicator("额度使用率趋势", "LON", (6,), RISKIER, "RP13")
def limit_usage_trend(own_loans: Figures, months: int) -> Floats:
    """Use of the limit in the last 3 months minus that of the 3 before."""
    now = ratio(own_loans.mean("used", 3), own_loans.mean("limit", 3))
    return now - ratio(own_loans.mean("used", 3, 3), own_loans.mean("limit", 3, 3))


@indicator("存贷比", "TXN,LON", (6,), SAFER, "RP13")
def deposit_loan_ratio(flows: Flows, balances: Balances, own_loans: Figures, months: int) -> Floats:
    """Mean daily balance over the mean loan with us."""
    held = flows.covered(balances.mean(months) / FEN_PER_YUAN, months)
    return ratio(held, own_loans.mean("loan_balance", months))
