"""财务报表 (FIN): balance sheet, income statement and cash flow, a figure a row."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Row, required, told
from schema.terms import Term


class Statement(Term):
    """报表."""

    BALANCE_SHEET = "balance_sheet", "资产负债表"
    INCOME = "income", "利润表"
    CASH_FLOW = "cash_flow", "现金流量表"


class AccountingStandard(Term):
    """会计准则."""

    SMALL = "small", "小企业会计准则"
    ENTERPRISE = "enterprise", "企业会计准则（一般企业）"
    OLD = "old", "企业会计制度"


class StatementColumn(Term):
    """列."""

    CLOSING = "closing", "期末余额"
    OPENING = "opening", "年初余额"
    CURRENT = "current", "本期金额"
    YEAR_TO_DATE = "year_to_date", "本年累计金额"
    PRIOR = "prior", "上期金额"


class Item(Term):
    """Items that indicators read; a line may be none of them."""

    ASSETS = "assets", "资产总计"
    CURRENT_ASSETS = "current_assets", "流动资产合计"
    CASH = "cash", "货币资金"
    RECEIVABLES = "receivables", "应收账款"
    PREPAYMENTS = "prepayments", "预付款项"
    OTHER_RECEIVABLES = "other_receivables", "其他应收款"
    INVENTORY = "inventory", "存货"
    FIXED_ASSETS = "fixed_assets", "固定资产账面价值"
    INTANGIBLE = "intangible", "无形资产"
    LIABILITIES = "liabilities", "负债合计"
    CURRENT_LIABILITIES = "current_liabilities", "流动负债合计"
    SHORT_LOANS = "short_loans", "短期借款"
    PAYABLES = "payables", "应付账款"
    ADVANCES = "advances", "预收款项"
    LONG_LOANS = "long_loans", "长期借款"
    EQUITY = "equity", "所有者权益合计"
    REVENUE = "revenue", "营业收入"
    COST = "cost", "营业成本"
    SELLING_EXPENSE = "selling_expense", "销售费用"
    ADMIN_EXPENSE = "admin_expense", "管理费用"
    RD_EXPENSE = "rd_expense", "研究费用/研发费用"
    FINANCE_EXPENSE = "finance_expense", "财务费用"
    INTEREST_EXPENSE = "interest_expense", "利息费用"
    SUBSIDY = "subsidy", "政府补助"
    OPERATING_PROFIT = "operating_profit", "营业利润"
    TOTAL_PROFIT = "total_profit", "利润总额"
    NET_PROFIT = "net_profit", "净利润"
    OPERATING_CASH_FLOW = "operating_cash_flow", "经营活动产生的现金流量净额"
    INVESTING_CASH_FLOW = "investing_cash_flow", "投资活动产生的现金流量净额"
    FINANCING_CASH_FLOW = "financing_cash_flow", "筹资活动产生的现金流量净额"


class FinancialStatement(Row):
    """One row a printed figure."""

    statement: Statement = required("报表")
    period_start: date | None = told("所属期起", "of the column: a year-to-date figure begins in January")
    period_end: date = required("所属期止")
    event_date: date | None = told("报送日期")
    item: Item | None = told("指标项目", "null for other lines, and in comparative columns")
    amount_fen: Fen = required("金额")
    standard: AccountingStandard | None = told("会计准则")
    line: str | None = told("行次", "official number")
    label: str | None = told("项目")
    column: StatementColumn | None = told("列")
