"""Sub-model ``tax_operation`` (涉税经营): financial statements filed with the tax authority.

Flows are read from the newest income statement that is long enough, and turnover days by its own length.
"""

from __future__ import annotations

from schema.dataset import Missing
from scoring.facts import FEN, Facts
from scoring.measure import INTERIOR, RISKIER, SAFER, submodel
from scoring.value import absent, ratio

indicator = submodel("tax_operation")


@indicator(
    "fin_gross_margin", "毛利率(财报)", windows=(12,), direction=SAFER, sources="FIN", reason_family="TO21"
)
def fin_gross_margin(facts: Facts, _: int) -> float:
    """(revenue − cost) / revenue."""
    books = facts.statements
    return ratio(books.income("revenue") - books.income("cost"), books.income("revenue"))


@indicator(
    "fin_net_margin", "净利率(财报)", windows=(12,), direction=SAFER, sources="FIN", reason_family="TO21"
)
def fin_net_margin(facts: Facts, _: int) -> float:
    """Net profit over revenue."""
    return ratio(facts.statements.income("net_profit"), facts.statements.income("revenue"))


@indicator(
    "fin_loss_years", "亏损年数", windows=(36,), direction=RISKIER, sources="FIN", reason_family="TO21"
)
def fin_loss_years(facts: Facts, months: int) -> float:
    """Years with a loss among the annual income statements of the window."""
    first = facts.as_of.year * 12 + facts.as_of.month - months
    years = {
        one.end: one.figures["net_profit"]
        for one in facts.statements.incomes
        if one.months == 12 and one.end.year * 12 + one.end.month > first and "net_profit" in one.figures
    }
    return sum(profit < 0 for profit in years.values()) if years else absent(Missing.INSUFFICIENT)


@indicator("fin_equity", "所有者权益", windows=(), direction=SAFER, sources="FIN", reason_family="TO23")
def fin_equity(facts: Facts, _: int) -> float:
    """Owners' equity, yuan."""
    return facts.statements.item("equity") / FEN


@indicator("fin_debt_asset", "资产负债率", windows=(), direction=RISKIER, sources="FIN", reason_family="TO23")
def fin_debt_asset(facts: Facts, _: int) -> float:
    """Liabilities over assets."""
    return ratio(facts.statements.item("liabilities"), facts.statements.item("assets"))


@indicator("fin_current_ratio", "流动比率", windows=(), direction=SAFER, sources="FIN", reason_family="TO25")
def fin_current_ratio(facts: Facts, _: int) -> float:
    """Current assets over current liabilities."""
    return ratio(facts.statements.item("current_assets"), facts.statements.item("current_liabilities"))


def turnover_days(facts: Facts, stock: str, flow: str) -> float:
    """Days of a flow of the income statement that a balance-sheet item stands for."""
    books = facts.statements
    return ratio(books.latest_income.days * books.item(stock), books.income(flow))


@indicator(
    "fin_ar_days", "应收周转天数", windows=(12,), direction=RISKIER, sources="FIN", reason_family="TO25"
)
def fin_ar_days(facts: Facts, _: int) -> float:
    """Receivables in days of revenue."""
    return turnover_days(facts, "accounts_receivable", "revenue")


@indicator(
    "fin_inventory_days",
    "存货周转天数",
    windows=(12,),
    direction=RISKIER,
    sources="FIN",
    reason_family="TO25",
)
def fin_inventory_days(facts: Facts, _: int) -> float:
    """Inventory in days of cost."""
    return turnover_days(facts, "inventory", "cost")


@indicator(
    "fin_ap_days", "应付周转天数", windows=(12,), direction=INTERIOR, sources="FIN", reason_family="TO25"
)
def fin_ap_days(facts: Facts, _: int) -> float:
    """Payables in days of cost."""
    return turnover_days(facts, "accounts_payable", "cost")


@indicator(
    "fin_mgmt_cost_ratio", "管理费用率", windows=(12,), direction=RISKIER, sources="FIN", reason_family="TO27"
)
def fin_mgmt_cost_ratio(facts: Facts, _: int) -> float:
    """Administrative expense over revenue."""
    return ratio(facts.statements.income("admin_expense"), facts.statements.income("revenue"))
