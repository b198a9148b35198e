"""Income-tax returns (企业所得税) that agree with a company's statements and payments.

General taxpayers keep books (A200000 a quarter, A100000 a year); small-scale ones are assessed on their
sales (核定征收, B100000). Synthetic, even where the invoices are real.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sandbox import behaviour
from sandbox.company import Company

_RATE, _DEEMED, _ZERO = Decimal("0.25"), Decimal("0.1"), Decimal(0)
_RELIEF = "符合条件的小型微利企业减免企业所得税"


@dataclass(frozen=True)
class IncomeReturn:
    """``lines`` are (official line, label, yuan); a line of a schedule has its code before it."""

    return_id: str
    form: str  # A200000 | A100000 | B100000
    start: date
    end: date
    due_on: date
    filed_on: date
    lines: tuple[tuple[str, str, Decimal], ...]


def income_returns(company: Company) -> Iterator[IncomeReturn]:
    """One a quarter that the VAT returns cover whole, one a calendar year for whoever keeps books; by the
    end of their periods."""
    paid: dict[int, Decimal] = {}
    for end, figures in _quarters(company).items():
        before = paid.get(end.year, _ZERO)
        now = figures["减：所得税费用"]
        paid[end.year] = before + now
        form, lines = ("A200000", _prepaid) if company.general else ("B100000", _deemed)
        yield _filed(company, form, end, end + timedelta(days=12), lines(figures, before, now))
        if company.general and end.month == 12:
            filed_on = date(end.year + 1, 4, 20)
            yield _filed(company, "A100000", end, filed_on, _annual(figures, paid[end.year]))


def _quarters(company: Company) -> dict[date, dict[str, Decimal]]:
    """The lines of the income statement by the end of their quarter."""
    quarters: dict[date, dict[str, Decimal]] = {}
    for each in behaviour.figures(company):
        if each.statement == "利润表":
            quarters.setdefault(each.end, {})[each.label] = each.amount
    return quarters


def _filed(
    company: Company, form: str, end: date, filed_on: date, lines: tuple[tuple[str, str, Decimal], ...]
) -> IncomeReturn:
    annual = form == "A100000"
    due_on = date(end.year + 1, 5, 31) if annual else end + timedelta(days=15)
    number = f"SD{form[0]}{end:%Y%m}{'N' if annual else 'J'}{company.taxpayer_id[-10:]}"
    return IncomeReturn(number, form, date(end.year, 1, 1), end, due_on, filed_on, lines)


def _prepaid(
    figures: dict[str, Decimal], before: Decimal, now: Decimal
) -> tuple[tuple[str, str, Decimal], ...]:
    profit = figures["三、利润总额"]
    tax = _tax(profit, before + now)
    relief = tax - before - now
    return (
        ("1", "营业收入", figures["一、营业收入"]),
        ("2", "营业成本", figures["减：营业成本"]),
        ("3", "利润总额", profit),
        ("7", "减：免税收入、减计收入、所得减免等优惠金额", _ZERO),
        ("10", "实际利润额", profit),
        ("12", "应纳所得税额", tax),
        ("13", "减：减免所得税额", relief),
        ("14", "减：本年实际已缴纳所得税额", before),
        ("16", "本期应补（退）所得税额", now),
        ("A201010/41", "合计", _ZERO),
        ("A201030/1", f"一、{_RELIEF}", relief),
    )


def _annual(figures: dict[str, Decimal], paid: Decimal) -> tuple[tuple[str, str, Decimal], ...]:
    profit = figures["三、利润总额"]
    tax = _tax(profit, paid)
    return (
        ("1", "一、营业收入", figures["一、营业收入"]),
        ("2", "减：营业成本", figures["减：营业成本"]),
        ("5", "管理费用", figures["管理费用"]),
        ("10", "二、营业利润", profit),
        ("13", "三、利润总额", profit),
        ("19", "四、纳税调整后所得", profit),
        ("23", "五、应纳税所得额", max(_ZERO, profit)),
        ("25", "六、应纳所得税额", tax),
        ("26", "减：减免所得税额", tax - paid),
        ("28", "七、应纳税额", paid),
        ("31", "八、实际应纳所得税额", paid),
        ("32", "减：本年累计实际已缴纳的所得税额", paid),
        ("33", "九、本年应补（退）所得税额", _ZERO),
    )


def _deemed(
    figures: dict[str, Decimal], before: Decimal, now: Decimal
) -> tuple[tuple[str, str, Decimal], ...]:
    sales = figures["一、营业收入"]
    taxable = (max(_ZERO, sales) * _DEEMED).quantize(Decimal("0.01"))
    tax = _tax(taxable, before + now)
    return (
        ("1", "收入总额", sales),
        ("10", "应税收入额", sales),
        ("12", "应纳税所得额", taxable),
        ("14", "应纳所得税额", tax),
        ("15", f"减：{_RELIEF}", tax - before - now),
        ("16", "减：实际已缴纳所得税额", before),
        ("17", "本期应补（退）所得税额", now),
    )


def _tax(profit: Decimal, least: Decimal) -> Decimal:
    """A quarter of the profit, and never below what is paid of it."""
    return max(least, (profit * _RATE).quantize(Decimal("0.01")))
