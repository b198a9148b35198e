"""Sub-model ``bank_flow`` (流水): operating money, balances, and the firm's regular payments."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.balances import Balances
from scoring.inputs.flows import Flows
from scoring.inputs.turnover import Daily
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import Cube, growth, longest_gap, ratio, segment_sum, summed, variation
from scoring.value import Floats, Ints

indicator = submodel("bank_flow")
LOW_BALANCE = 1_000 * FEN_PER_YUAN


@indicator("流水覆盖月数", "TXN", (12,), SAFER, "BF01")
def txn_cov_months(flows: Flows, months: int) -> Floats:
    """Months with a movement."""
    moved = flows.all_in.last(months) + flows.all_out.last(months)
    return summed(moved > 0)


@indicator("经营性流入(剔回流/贷款/同名)", "TXN", (3, 6, 12), SAFER, "BF02")
def op_inflow(flows: Flows, months: int) -> Floats:
    """Operating inflow, without round trips, loans and own accounts, yuan."""
    return flows.operated(flows.op_in, months) / FEN_PER_YUAN


@indicator("经营性流出", "TXN", (3, 6, 12), SAFER, "BF02")
def op_outflow(flows: Flows, months: int) -> Floats:
    """Operating outflow, yuan."""
    return flows.operated(flows.op_out, months) / FEN_PER_YUAN


@indicator("经营净流", "TXN", (3, 6, 12), SAFER, "BF02")
def net_op_flow(flows: Flows, months: int) -> Floats:
    """Operating inflow minus outflow, yuan."""
    return (flows.operated(flows.op_in, months) - flows.operated(flows.op_out, months)) / FEN_PER_YUAN


@indicator("经营流入同比", "TXN", (12,), SAFER, "BF03")
def op_inflow_yoy(flows: Flows, months: int) -> Floats:
    """Operating inflow against the 12 months before, minus 1."""
    return growth(flows.operated(flows.op_in, months), flows.operated(flows.op_in, months, 12))


@indicator("经营流入波动", "TXN", (12,), RISKIER, "BF03")
def op_inflow_cv(flows: Flows, months: int) -> Floats:
    """Standard deviation of monthly operating inflow over its mean."""
    return variation(flows.op_in.last(months)) + 0 * flows.operated(flows.op_in, months)


@indicator("有流入天数占比", "TXN", (3, 12), SAFER, "BF04")
def inflow_days(flows: Flows, daily: Daily, balances: Balances, months: int) -> Floats:
    """Days with an inflow over the days of the window."""
    length = balances.month_ends[:, months]
    inside = np.arange(daily.into.shape[1]) < length[:, None]
    return flows.covered(((daily.into > 0) & inside).sum(axis=1) / length, months)


@indicator("日均余额", "TXN", (3, 6, 12), SAFER, "BF05")
def avg_daily_balance(flows: Flows, balances: Balances, months: int) -> Floats:
    """Mean of the closing balances of all days, yuan."""
    return flows.covered(balances.mean(months) / FEN_PER_YUAN, months)


@indicator("余额<1千元天数占比", "TXN", (3, 12), RISKIER, "BF05")
def balance_low_days(flows: Flows, balances: Balances, months: int) -> Floats:
    """Days that close below 1,000 yuan over the days of the window."""
    return flows.covered(balances.share(months, balances.day < LOW_BALANCE), months)


@indicator("余额波动", "TXN", (12,), RISKIER, "BF05")
def balance_vol(flows: Flows, balances: Balances, months: int) -> Floats:
    """Standard deviation of daily closing balances over their mean."""
    level = balances.mean(months)
    off = (balances.window(months) - level[:, None]) ** 2
    spread = np.sqrt(np.nansum(off, axis=1) / balances.month_ends[:, months])
    return flows.covered(ratio(spread + 0 * level, level), months)


@indicator("月末时点冲高", "TXN", (6,), RISKIER, "BF05")
def month_end_spike(flows: Flows, balances: Balances, months: int) -> Floats:
    """Mean of the balances at the ends of months over the daily mean."""
    ends = np.take_along_axis(balances.day, balances.month_ends[:, :months], axis=1)
    return flows.covered(ratio(ends.sum(axis=1) / months, balances.mean(months)), months)


@indicator("付款方家数", "TXN", (12,), SAFER, "BF08")
def payer_cnt(flows: Flows, payers: tuple[Ints, Ints, Floats], months: int) -> Floats:
    """Counterparties that operating inflow comes from."""
    return segment_sum(payers[0], flows.rows.firms) + 0 * flows.operated(flows.op_in, months)


def _concentration(flows: Flows, cube: Cube, parties: tuple[Ints, Ints, Floats], months: int) -> Floats:
    """Σ share² of some parties of each firm."""
    firm, _, fen = parties
    squares = segment_sum(firm, flows.rows.firms, fen * fen)
    whole = segment_sum(firm, flows.rows.firms, fen)
    return ratio(squares, whole * whole) + 0 * flows.operated(cube, months)


@indicator("付款方集中度", "TXN", (12,), RISKIER, "BF08")
def payer_hhi(flows: Flows, payers: tuple[Ints, Ints, Floats], months: int) -> Floats:
    """Herfindahl index of those who pay the firm."""
    return _concentration(flows, flows.op_in, payers, months)


@indicator("收款方集中度", "TXN", (12,), RISKIER, "BF08")
def payee_hhi(flows: Flows, months: int) -> Floats:
    """Herfindahl index of those whom the firm pays."""
    payees = flows.by_party(flows.out & flows.operating & (flows.age < months))
    return _concentration(flows, flows.op_out, payees, months)


@indicator("代发工资额", "TXN", (6, 12), SAFER, "BF09")
def payroll_amt(payroll: Cube, flows: Flows, months: int) -> Floats:
    """Wages paid out, yuan."""
    return flows.covered(payroll.total(months) / FEN_PER_YUAN, months)


@indicator("发薪月数", "TXN", (12,), SAFER, "BF09")
def payroll_months(payroll: Cube, flows: Flows, months: int) -> Floats:
    """Months in which wages were paid."""
    return flows.covered(summed(payroll.last(months) > 0), months)


@indicator("水电租缴付月数", "TXN", (12,), SAFER, "BF09")
def utility_months(flows: Flows, months: int) -> Floats:
    """Months in which water, electricity or rent was paid."""
    paid = flows.cube(flows.out & flows.says("utility")).last(months)
    return flows.covered(summed(paid > 0), months)


@indicator("本行结算占比", "TXN,INV", (12,), SAFER, "BF14")
def main_bank_share(own_bank_inflow: Floats, sold_with_tax: Cube, months: int) -> Floats:
    """Operating inflow into accounts with us over invoiced totals with tax."""
    return ratio(own_bank_inflow, sold_with_tax.total(months))


@indicator("最长无交易间隔", "TXN", (6,), RISKIER, "BF04")
def txn_gap_days(flows: Flows, daily: Daily, balances: Balances, months: int) -> Floats:
    """Longest stretch of days without a movement, both ends of the window included."""
    length = balances.month_ends[:, months]
    moved = (daily.into + daily.out > 0) & (np.arange(daily.into.shape[1]) < length[:, None])
    moved[:, 0] = True
    moved[np.arange(len(length)), length] = True
    return flows.covered(longest_gap(moved), months)
