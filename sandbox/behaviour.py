"""What the tax authority knows of a company beside its returns: payments, arrears, violations, inspections,
changes, financial statements. Made of the company's own returns and invoices, so that all agree; synthetic,
even where the invoices are real. Money in yuan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sandbox.company import Company, VatReturn
from schema.period import add_months, month_end

_FEN = Decimal("0.01")
_SURTAX, _MARGIN, _PROFIT_TAX = Decimal("0.12"), Decimal("0.25"), Decimal("0.05")
_EXPENSES, _TURNOVER = Decimal("0.12"), Decimal("0.6")
_ASSETS = {"货币资金": "0.1", "应收账款": "0.25", "存货": "0.3", "固定资产账面价值": "0.3"}


@dataclass(frozen=True)
class Payment:
    """``nature`` is 税款, 滞纳金, 罚款 or 退税."""

    voucher: str
    levy: str  # 增值税 | 企业所得税 | 附加税费
    nature: str
    start: date
    end: date
    due_on: date
    paid_on: date
    amount: Decimal


@dataclass(frozen=True)
class Arrears:
    levy: str
    start: date
    end: date
    due_on: date
    arose_on: date
    amount: Decimal
    late_fee: Decimal
    settled_on: date | None


@dataclass(frozen=True)
class Violation:
    number: str
    major: bool
    found_on: date
    closed_on: date | None
    fine: Decimal
    fact: str


@dataclass(frozen=True)
class Inspection:
    number: str
    opened_on: date
    closed_on: date | None
    supplement: Decimal
    fine: Decimal
    reason: str


@dataclass(frozen=True)
class Change:
    on: date
    item: str
    before: str
    after: str


@dataclass(frozen=True)
class Figure:
    """A line of a statement: 资产负债表 (``column`` 期末) or 利润表 (本年累计)."""

    statement: str
    start: date
    end: date
    filed_on: date
    line: str
    label: str
    column: str
    amount: Decimal


def trait(company: Company, kinds: int) -> int:
    """A number below ``kinds`` that belongs to the company."""
    return sum(map(ord, company.taxpayer_id)) % kinds


def due(filed: VatReturn) -> Decimal:
    """本期应补(退)税额 of a return."""
    return filed.lines["34" if filed.general else "22"][1]


def left(company: Company) -> VatReturn | None:
    """The last return but one of a 非正常户: with it the trouble began."""
    return company.returns[-2] if company.status == "非正常户" and len(company.returns) > 1 else None


def payments(company: Company) -> Iterator[Payment]:
    """VAT and surtaxes with every return, income tax with every quarter; one in five was late once."""
    for number, filed in enumerate(company.returns):
        late = number == len(company.returns) // 2 and not trait(company, 5)
        paid_on = filed.due_on + timedelta(days=5) if late else filed.filed_on
        parts = [("增值税", "税款", due(filed)), ("附加税费", "税款", _rounded(due(filed) * _SURTAX))]
        if late:
            parts.append(("增值税", "滞纳金", _rounded(due(filed) * Decimal("0.0025"))))
        if filed.end.month % 3 == 0:
            parts.append(("企业所得税", "税款", _profit_tax(company, filed.end)))
        for place, (levy, nature, amount) in enumerate(parts):
            if amount > 0:
                voucher = f"3{filed.end:%y%m}{company.taxpayer_id[-6:]}{place}"
                days = filed.start, filed.end, filed.due_on, paid_on
                yield Payment(voucher, levy, nature, *days, amount)


def arrears(company: Company) -> Iterator[Arrears]:
    """A 非正常户 left a return unpaid."""
    if (last := left(company)) is not None:
        owed = due(last) or Decimal("1000.00")
        late_fee = _rounded(owed * Decimal("0.01"))
        yield Arrears(
            "增值税", last.start, last.end, last.due_on, last.due_on + timedelta(days=1), owed, late_fee, None
        )


def violations(company: Company) -> Iterator[Violation]:
    """A 非正常户 has one open; one company in four had one, long closed."""
    if not company.returns:
        return
    first, number = company.returns[0], f"WF{company.taxpayer_id[-8:]}"
    if (last := left(company)) is not None:
        yield Violation(f"{number}2", False, last.due_on, None, Decimal(0), "沙盒：逾期未申报")
    if trait(company, 4) == 1:
        found = first.due_on + timedelta(days=3)
        fine = Decimal("200.00")
        yield Violation(f"{number}1", False, found, found + timedelta(days=10), fine, "沙盒：未按期报送资料")


def inspections(company: Company) -> Iterator[Inspection]:
    """A 非正常户 is under inspection."""
    if (last := left(company)) is not None:
        opened = last.due_on + timedelta(days=2)
        yield Inspection(f"JC{company.taxpayer_id[-8:]}", opened, None, Decimal(0), Decimal(0), "沙盒：走逃")


def changes(company: Company) -> Iterator[Change]:
    """One company in three moved once."""
    if not trait(company, 3) and company.returns:
        day = company.returns[len(company.returns) // 3].filed_on
        yield Change(day, "注册地址", "沙盒旧址", company.address)


def figures(company: Company) -> Iterator[Figure]:
    """资产负债表 and 利润表 of every quarter, 本年累计."""
    for end in sorted({filed.end for filed in company.returns if filed.end.month % 3 == 0}):
        filed_on = month_end(end + timedelta(days=1)).replace(day=12)
        year = date(end.year, 1, 1)
        revenue = sales(company, year, end)
        cost = _rounded(revenue * (1 - _MARGIN))
        expenses = _rounded(revenue * _EXPENSES)
        profit, tax = revenue - cost - expenses, _profit_tax(company, end)
        income = {
            "一、营业收入": revenue,
            "减：营业成本": cost,
            "管理费用": expenses,
            "二、营业利润": profit,
            "三、利润总额": profit,
            "减：所得税费用": tax,
            "四、净利润": profit - tax,
        }
        yield from _statement("利润表", year, end, filed_on, "本年累计", income)
        annual = sales(company, add_months(end.replace(day=1), -11), end)
        yield from _statement("资产负债表", end, end, filed_on, "期末", _balance(annual))


def sales(company: Company, start: date, end: date) -> Decimal:
    """Issued in these days, without tax and without what is void."""
    within = (
        each for each in company.issued if start <= each.issued_at.date() <= end and each.state == "正常"
    )
    return sum((each.amount for each in within), Decimal(0))


def _balance(annual: Decimal) -> dict[str, Decimal]:
    assets = _rounded(annual * _TURNOVER)
    parts = {name: _rounded(assets * Decimal(share)) for name, share in _ASSETS.items()}
    current = parts["货币资金"] + parts["应收账款"] + parts["存货"]
    payables, loans = _rounded(assets * Decimal("0.2")), _rounded(assets * Decimal("0.15"))
    return {
        "货币资金": parts["货币资金"],
        "应收账款": parts["应收账款"],
        "存货": parts["存货"],
        "流动资产合计": current,
        "固定资产账面价值": parts["固定资产账面价值"],
        "资产总计": assets,
        "短期借款": loans,
        "应付账款": payables,
        "流动负债合计": loans + payables,
        "负债合计": loans + payables,
        "所有者权益（或股东权益）合计": assets - loans - payables,
    }


def _statement(
    name: str, start: date, end: date, filed_on: date, column: str, lines: dict[str, Decimal]
) -> Iterator[Figure]:
    for number, (label, amount) in enumerate(lines.items(), start=1):
        yield Figure(name, start, end, filed_on, f"{number}", label, column, amount)


def _profit_tax(company: Company, end: date) -> Decimal:
    quarter = add_months(end.replace(day=1), -2)
    return max(Decimal(0), _rounded(sales(company, quarter, end) * (_MARGIN - _EXPENSES) * _PROFIT_TAX))


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_FEN)
