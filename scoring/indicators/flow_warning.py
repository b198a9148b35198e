"""Sub-model ``bank_flow`` (流水): money that turns round, leaves for persons, or comes from lenders."""

from __future__ import annotations

import numpy as np

from scoring.inputs.balances import Balances
from scoring.inputs.flows import Flows
from scoring.inputs.turnover import Daily
from scoring.measure import RISKIER, derived, submodel
from scoring.series import Cube, ratio
from scoring.value import NOT_AVAILABLE, Bools, Floats

indicator = submodel("bank_flow")
ROUND = 10_000 * 100
NIGHT_FROM, NIGHT_UNTIL = 22, 6


@derived
def payroll(flows: Flows) -> Cube:
    """Wages paid out by month, fen."""
    return flows.cube(flows.out & flows.says("payroll"))


@derived
def rent(flows: Flows) -> Cube:
    """Rent paid by month, fen."""
    return flows.cube(flows.out & flows.says("rent"))


@derived
def loans_in(flows: Flows) -> Cube:
    """Loans received by month, fen."""
    return flows.cube(flows.into & flows.says("loan"))


@derived
def repaid(flows: Flows) -> Cube:
    """Principal and interest paid by month, fen."""
    return flows.cube(flows.out & flows.says("repay"))


@indicator("回流率", "TXN", (6, 12), RISKIER, "BF06")
def loop_ratio(flows: Flows, returned: Bools, months: int) -> Floats:
    """Inflow of which the same amount goes out within 7 days, over inflow."""
    return flows.covered(ratio(flows.cube(returned).total(months), flows.all_in.total(months)), months)


@indicator("快进快出占比", "TXN", (6,), RISKIER, "BF06")
def same_day_ratio(flows: Flows, daily: Daily, balances: Balances, months: int) -> Floats:
    """What goes out on the day that it comes in, over inflow."""
    inside = np.arange(daily.into.shape[1]) < balances.month_ends[:, months][:, None]
    passed = (np.minimum(daily.into, daily.out) * inside).sum(axis=1)
    return flows.covered(ratio(passed, flows.all_in.total(months)), months)


@indicator("公转私占比", "TXN", (6, 12), RISKIER, "BF07")
def public_to_private_ratio(private_out: Cube, flows: Flows, months: int) -> Floats:
    """Outflow to natural persons, wages left out, over outflow."""
    return flows.covered(ratio(private_out.total(months), flows.all_out.total(months)), months)


@derived
def private_out(flows: Flows) -> Cube:
    """Outflow to natural persons by month, wages left out, fen."""
    return flows.cube(flows.out & flows.personal & ~flows.says("payroll"))


def _part(flows: Flows, mask: Bools, months: int) -> Floats:
    """The mask's part of all money moved, both ways."""
    moved = flows.all_in.total(months) + flows.all_out.total(months)
    return flows.covered(ratio(flows.cube(mask).total(months), moved), months)


@indicator("实控人往来占比", "TXN,SHR", (12,), RISKIER, "BF07")
def owner_flow_ratio(flows: Flows, owner_moves: Bools, months: int) -> Floats:
    """Money to and from those who own or represent the firm, over all that moved."""
    return _part(flows, owner_moves, months)


@indicator("关联方往来占比", "TXN,SHR", (12,), RISKIER, "BF07")
def related_flow_ratio(flows: Flows, related_moves: tuple[Bools, Floats], months: int) -> Floats:
    """Money to and from related companies, over all that moved."""
    return _part(flows, related_moves[0], months) + related_moves[1]


@indicator("现金存取占比", "TXN", (12,), RISKIER, "BF10")
def cash_ratio(flows: Flows, months: int) -> Floats:
    """Cash paid in and drawn, over all that moved."""
    return _part(flows, flows.says("cash"), months)


@indicator("夜间交易占比", "TXN", (6,), RISKIER, "BF10")
def night_txn_ratio(flows: Flows, months: int) -> Floats:
    """Movements from 22 to 6 o'clock, among those with a time. ``NOT_AVAILABLE`` without one."""
    rows = flows.rows
    second = rows.second("occurred_at")
    timed = ~np.isnan(second) & (flows.age < months)
    night = timed & ((second >= NIGHT_FROM * 3600) | (second < NIGHT_UNTIL * 3600))
    number = rows.count(timed)
    return flows.covered(np.where(number > 0, rows.count(night) / number, NOT_AVAILABLE), months)


@indicator("整数大额占比", "TXN", (6,), RISKIER, "BF10")
def round_txn_ratio(flows: Flows, months: int) -> Floats:
    """Movements of a multiple of 10,000 yuan over all, by count."""
    recent = flows.age < months
    whole = recent & (flows.amount > 0) & (flows.amount % ROUND == 0)
    return flows.covered(ratio(flows.rows.count(whole), flows.rows.count(recent)), months)


@indicator("贷款流入占比", "TXN", (6, 12), RISKIER, "BF11")
def loan_inflow_ratio(loans_in: Cube, flows: Flows, months: int) -> Floats:
    """Loans received over all inflow."""
    return flows.covered(ratio(loans_in.total(months), flows.all_in.total(months)), months)


@indicator("还贷/经营流入", "TXN", (6, 12), RISKIER, "BF11")
def repay_outflow_ratio(repaid: Cube, flows: Flows, months: int) -> Floats:
    """Principal and interest paid over operating inflow."""
    return ratio(repaid.total(months), flows.operated(flows.op_in, months))


@indicator("网贷小贷还款笔数", "TXN", (6,), RISKIER, "BF12")
def nonbank_repay_cnt(flows: Flows, months: int) -> Floats:
    """Payments to small-loan, online and leasing companies."""
    mask = flows.out & flows.says("nonbank") & (flows.age < months)
    return flows.covered(flows.rows.count(mask), months)


@indicator("扣款失败/退票次数", "TXN", (6, 12), RISKIER, "BF13")
def debit_fail_cnt(failed_debits: Cube, flows: Flows, months: int) -> Floats:
    """Failed debits and returned cheques."""
    return flows.covered(failed_debits.total(months), months)


@derived
def failed_debits(flows: Flows) -> Cube:
    """Failed debits by month, a count."""
    return flows.rows.cube(flows.says("failed"), flows.age)


@indicator("高风险对手命中", "TXN", (12,), RISKIER, "BF12")
def risky_counter_flag(flows: Flows, months: int) -> Floats:
    """1 when a counterparty deals in gambling, virtual currency or pawning."""
    return flows.rows.any(flows.says("risky") & (flows.age < months)) + flows.gap
