"""Sub-model ``tax_operation`` (涉税经营): financial statements filed with the tax authority.

Flows are read from the newest income statement that is long enough, and turnover days by its own length.
"""

from __future__ import annotations

from schema.money import FEN_PER_YUAN
from scoring.inputs.statements import Books
from scoring.measure import INTERIOR, RISKIER, SAFER, figure, submodel
from scoring.series import ratio
from scoring.value import Floats

indicator = submodel("tax_operation")


@indicator("毛利率(财报)", "FIN", (12,), SAFER, "TO21")
def fin_gross_margin(books: Books, months: int) -> Floats:
    """(revenue − cost) / revenue."""
    return ratio(books.income["revenue"] - books.income["cost"], books.income["revenue"])


@indicator("净利率(财报)", "FIN", (12,), SAFER, "TO21")
def fin_net_margin(books: Books, months: int) -> Floats:
    """Net profit over revenue."""
    return ratio(books.income["net_profit"], books.income["revenue"])


@indicator("亏损年数", "FIN", (36,), RISKIER, "TO21")
def fin_loss_years(books: Books, months: int) -> Floats:
    """Years with a loss among the annual income statements of the window."""
    return books.losses


@indicator("所有者权益", "FIN", (), SAFER, "TO23")
def fin_equity(books: Books) -> Floats:
    """Owners' equity, yuan."""
    return books.balance["equity"] / FEN_PER_YUAN


@indicator("资产负债率", "FIN", (), RISKIER, "TO23")
def fin_debt_asset(books: Books) -> Floats:
    """Liabilities over assets."""
    return ratio(books.balance["liabilities"], books.balance["assets"])


@indicator("流动比率", "FIN", (), SAFER, "TO25")
def fin_current_ratio(books: Books) -> Floats:
    """Current assets over current liabilities."""
    return ratio(books.balance["current_assets"], books.balance["current_liabilities"])


def turnover_days(books: Books, stock: str, flow: str) -> Floats:
    """Days of a flow of the income statement that a balance-sheet item stands for."""
    return ratio(books.days * books.balance[stock], books.income[flow])


@indicator("应收周转天数", "FIN", (12,), RISKIER, "TO25")
def fin_ar_days(books: Books, months: int) -> Floats:
    """Receivables in days of revenue."""
    return turnover_days(books, "receivables", "revenue")


@indicator("存货周转天数", "FIN", (12,), RISKIER, "TO25")
def fin_inventory_days(books: Books, months: int) -> Floats:
    """Inventory in days of cost."""
    return turnover_days(books, "inventory", "cost")


@indicator("应付周转天数", "FIN", (12,), INTERIOR, "TO25")
def fin_ap_days(books: Books, months: int) -> Floats:
    """Payables in days of cost."""
    return turnover_days(books, "payables", "cost")


@indicator("管理费用率", "FIN", (12,), RISKIER, "TO27")
def fin_mgmt_cost_ratio(books: Books, months: int) -> Floats:
    """Administrative expense over revenue."""
    return ratio(books.income["admin_expense"], books.income["revenue"])


@figure("FIN")
def fin_net_profit(books: Books) -> Floats:
    """Net profit of the income statement in use, yuan."""
    return books.income["net_profit"] / FEN_PER_YUAN


@figure("FIN")
def cash_cycle_days(books: Books) -> Floats:
    """Inventory + receivables − payables + prepayments − advances, in days of revenue or cost."""
    stock = books.balance
    on_cost = stock["inventory"] - stock["payables"] + stock["prepayments"]
    on_revenue = stock["receivables"] - stock["advances"]
    return books.days * (ratio(on_cost, books.income["cost"]) + ratio(on_revenue, books.income["revenue"]))
