"""Sub-model ``repayment`` (还款能力): earnings against what they must carry. Money is yuan."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.balances import Balances
from scoring.inputs.chain import lag_days
from scoring.inputs.credit import USUAL_RATE, Debt
from scoring.inputs.flows import Flows
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import Cube, mean, ratio, since
from scoring.value import NOT_APPLICABLE, Floats

indicator = submodel("repayment")
SALES_STRESS = 0.2


@indicator("代理毛利额", "INV", (12,), SAFER, "RP01")
def gross_profit_proxy(gross_profit: Floats, months: int) -> Floats:
    """Sales minus purchases, smoothed for stock."""
    return gross_profit / FEN_PER_YUAN


@indicator("代理毛利率", "INV", (12,), SAFER, "RP01")
def gross_margin_proxy(gross_profit: Floats, sold: Cube, months: int) -> Floats:
    """That over sales."""
    return ratio(gross_profit, sold.total(months))


@indicator("毛利率趋势", "INV", (12,), SAFER, "RP01")
def margin_trend(sold: Cube, bought: Cube, selling_history: Floats, months: int) -> Floats:
    """Margin of the last 6 months minus that of the 6 before."""
    now = ratio(sold.total(6) - bought.total(6), sold.total(6))
    before = ratio(sold.total(6, 6) - bought.total(6, 6), sold.total(6, 6))
    return since(selling_history, months, now - before)


@indicator("代理EBITDA", "INV,DEC,ELE,TXN", (12,), SAFER, "RP02", needs="")
def ebitda_proxy(ebitda: Floats, months: int) -> Floats:
    """Gross profit minus wages, electricity and rent; what the bank was told comes first."""
    return ebitda / FEN_PER_YUAN


@indicator("自由现金代理", "TXN,PAY", (12,), SAFER, "RP02")
def free_cash_proxy(net_op_flow_12m: Floats, total_tax_paid_12m: Floats, months: int) -> Floats:
    """Net operating flow minus tax paid."""
    return net_op_flow_12m - total_tax_paid_12m


@indicator("偿债覆盖率", "INV,CRE", (12,), SAFER, "RP06", needs="")
def dscr(ebitda: Floats, yearly_service: Floats, months: int) -> Floats:
    """Earnings over principal and interest due within a year. ``NOT_APPLICABLE`` without debt."""
    return ebitda / yearly_service


@indicator("压力偿债覆盖", "INV,CRE", (12,), SAFER, "RP06", needs="INV")
def dscr_stress(ebitda: Floats, gross_profit: Floats, yearly_service: Floats, months: int) -> Floats:
    """The same when sales, and gross profit with them, fall by 20%."""
    return (ebitda - SALES_STRESS * np.maximum(gross_profit, 0)) / yearly_service


@indicator("利息保障", "INV,CRE", (12,), SAFER, "RP06", needs="CRE")
def interest_cover(ebitda: Floats, debt: Debt, months: int) -> Floats:
    """Earnings over a year's interest."""
    return ebitda / np.where(debt.interest == 0, NOT_APPLICABLE, debt.interest)


@indicator("负债/EBITDA", "CRE,INV", (12,), RISKIER, "RP07", needs="CRE")
def debt_ebitda(ebitda: Floats, debt: Debt, months: int) -> Floats:
    """Operating debt over earnings; ``INSUFFICIENT`` without earnings."""
    return ratio(debt.operating, ebitda)


@indicator("授信后负债/销售", "CRE,INV,LON", (12,), RISKIER, "RP07", needs="CRE,INV")
def post_loan_debt_sales(debt: Debt, requested: Floats, sold: Cube, months: int) -> Floats:
    """Operating debt and what is applied for over sales."""
    return ratio(debt.operating + requested, sold.total(months))


@indicator("短债占比", "CRE", (), RISKIER, "RP07")
def short_debt_ratio(debt: Debt) -> Floats:
    """Due within a year over all operating debt. ``NOT_APPLICABLE`` without debt."""
    return debt.short / np.where(debt.operating == 0, NOT_APPLICABLE, debt.operating)


@indicator("月还款/月经营流入", "CRE,TXN", (6,), RISKIER, "RP08")
def service_inflow_ratio(debt: Debt, flows: Flows, months: int) -> Floats:
    """A month's principal and interest over a month's operating inflow."""
    return ratio(debt.service / 12, flows.operated(flows.op_in, months) / months)


@indicator("现金缓冲月数", "TXN", (6,), SAFER, "RP08")
def cash_buffer_months(flows: Flows, balances: Balances, months: int) -> Floats:
    """Mean daily balance over a month's operating outflow."""
    return ratio(balances.mean(months), flows.operated(flows.op_out, months) / months)


@indicator("回款率", "TXN,INV", (6, 12), SAFER, "RP09")
def collect_rate(flows: Flows, sold_with_tax: Cube, months: int) -> Floats:
    """Operating inflow over invoiced totals with tax."""
    return ratio(flows.operated(flows.op_in, months), sold_with_tax.total(months))


@indicator("估算账期", "TXN,INV", (12,), RISKIER, "RP09")
def collect_days(flows: Flows, sold_with_tax: Cube, months: int) -> Floats:
    """The lag at which receipts follow invoices most closely, days."""
    lag = lag_days(sold_with_tax.month, flows.op_in.month)
    return 0 * flows.operated(flows.op_in, months) + lag


@indicator("隐性负债估计", "TXN,CRE", (12,), RISKIER, "RP07")
def hidden_debt_est(flows: Flows, debt: Debt, months: int) -> Floats:
    """Debt that the interest paid would carry at the usual rate, minus what the reports tell; at least 0."""
    interest = flows.cube(flows.out & flows.says("interest")).total(months)
    return flows.covered(np.maximum(interest / USUAL_RATE - debt.operating, 0) / FEN_PER_YUAN, months)


@indicator("淡季现金缺口", "TXN", (12,), RISKIER, "RP08")
def season_gap_ratio(flows: Flows, months: int) -> Floats:
    """The worst month's net operating outflow over the mean month's inflow; 0 when no month is short."""
    net = flows.op_in.last(months) - flows.op_out.last(months)
    short = np.maximum(-net.min(axis=1), 0)
    return ratio(short, mean(flows.op_in.last(months))) + 0 * flows.operated(flows.op_in, months)


@indicator("可承受销售降幅", "INV,CRE", (12,), SAFER, "RP06", needs="INV")
def breakeven_drop(ebitda: Floats, gross_profit: Floats, yearly_service: Floats, months: int) -> Floats:
    """The fall of sales at which earnings just cover principal and interest, −1 to 1."""
    return np.clip(ratio(ebitda - yearly_service, gross_profit), -1, 1)
