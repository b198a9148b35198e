"""Sub-model ``tax_operation`` (涉税经营): what is declared in VAT, income-tax and withholding returns.

Windows end with the last filed period; a quarterly filer's window of n months is n/3 periods.
"""

from __future__ import annotations

from scoring.facts import FEN, Facts
from scoring.inputs import filings
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, submodel
from scoring.series import count, growth, slope, variation
from scoring.value import Absent, ratio

indicator = submodel("tax_operation")


@indicator(
    "declared_sales",
    "申报销售额",
    windows=(3, 6, 12, 24),
    direction=SAFER,
    sources="DEC",
    reason_family="TO01",
)
def declared_sales(facts: Facts, months: int) -> float:
    """Declared sales without tax of every kind, yuan."""
    return facts.declared.total("sales", months) / FEN


@indicator("declared_yoy", "申报同比", windows=(6, 12), direction=SAFER, sources="DEC", reason_family="TO03")
def declared_yoy(facts: Facts, months: int) -> float:
    """Declared sales against the same months a year before, minus 1."""
    return growth(facts.declared.total("sales", months), facts.declared.total("sales", months, skip=12))


@indicator("declared_hoh", "申报环比", windows=(12,), direction=SAFER, sources="DEC", reason_family="TO03")
def declared_hoh(facts: Facts, _: int) -> float:
    """The last 6 months against the 6 before, minus 1."""
    return growth(facts.declared.total("sales", 6), facts.declared.total("sales", 6, skip=6))


@indicator(
    "declared_cv", "申报波动", windows=(12, 24), direction=RISKIER, sources="DEC", reason_family="TO05"
)
def declared_cv(facts: Facts, months: int) -> float:
    """Standard deviation of declared sales a period over their mean."""
    return variation(facts.declared.periods("sales", months))


@indicator(
    "declared_slope", "申报趋势斜率", windows=(12, 24), direction=SAFER, sources="DEC", reason_family="TO03"
)
def declared_slope(facts: Facts, months: int) -> float:
    """Least-squares slope of declared sales, a month, over their mean."""
    declared = facts.declared
    return slope(declared.periods("sales", months)) / declared.unit


@indicator(
    "declared_active_periods",
    "有收入申报期数",
    windows=(12, 24),
    direction=SAFER,
    sources="DEC",
    reason_family="TO07",
)
def declared_active_periods(facts: Facts, months: int) -> float:
    """Filing periods with sales."""
    return count(facts.declared.periods("sales", months) > 0)


def _burden(facts: Facts, months: int, skip: int = 0) -> float:
    declared = facts.declared
    return ratio(declared.total("payable", months, skip), declared.total("taxable", months, skip))


@indicator(
    "vat_burden", "增值税税负率", windows=(12,), direction=INTERIOR, sources="DEC", reason_family="TO13"
)
def vat_burden(facts: Facts, months: int) -> float:
    """VAT payable (应纳税额合计) over taxable sales."""
    return _burden(facts, months)


@indicator(
    "vat_burden_vs_ind",
    "税负相对行业",
    windows=(12,),
    direction=INTERIOR,
    sources="DEC,IND",
    reason_family="TO13",
)
def vat_burden_vs_ind(facts: Facts, months: int) -> float:
    """VAT burden over the industry's median."""
    return ratio(_burden(facts, months), facts.given(facts.benchmark.vat_burden_median))


@indicator(
    "vat_burden_chg", "税负率变动", windows=(24,), direction=INTERIOR, sources="DEC", reason_family="TO13"
)
def vat_burden_chg(facts: Facts, _: int) -> float:
    """VAT burden of the last 12 months minus that of the 12 before."""
    return _burden(facts, 12) - _burden(facts, 12, skip=12)


@indicator(
    "cit_contribution", "所得税贡献率", windows=(12,), direction=INTERIOR, sources="DEC", reason_family="TO15"
)
def cit_contribution(facts: Facts, _: int) -> float:
    """Corporate income tax due over revenue, by the income-tax returns."""
    revenue, tax = filings.income_tax(facts.returns, facts.as_of)
    return ratio(tax, revenue)


@indicator(
    "input_output_tax_ratio",
    "进项/销项税比",
    windows=(12,),
    direction=INTERIOR,
    sources="DEC",
    reason_family="TO17",
)
def input_output_tax_ratio(facts: Facts, months: int) -> float:
    """Input tax over output tax. ``NOT_APPLICABLE`` for small-scale taxpayers."""
    return ratio(facts.declared.total("input_tax", months), facts.declared.total("output_tax", months))


@indicator(
    "credit_carry_ratio", "留抵/销项税", windows=(12,), direction=RISKIER, sources="DEC", reason_family="TO17"
)
def credit_carry_ratio(facts: Facts, months: int) -> float:
    """Credit carried forward (期末留抵) at the last filing over output tax. ``NOT_APPLICABLE`` for
    small-scale."""
    carried = float(facts.declared.periods("carried", 1)[0])
    return ratio(carried, facts.declared.total("output_tax", months))


@indicator(
    "export_sales_ratio",
    "出口销售占比",
    windows=(12,),
    direction=CONTEXT,
    sources="DEC",
    reason_family="TO19",
)
def export_sales_ratio(facts: Facts, months: int) -> float:
    """Export sales over declared sales."""
    return ratio(facts.declared.total("export", months), facts.declared.total("sales", months))


@indicator(
    "exempt_sales_ratio",
    "免税销售占比",
    windows=(12,),
    direction=CONTEXT,
    sources="DEC",
    reason_family="TO19",
)
def exempt_sales_ratio(facts: Facts, months: int) -> float:
    """Exempt sales over declared sales."""
    return ratio(facts.declared.total("exempt", months), facts.declared.total("sales", months))


def _wages(facts: Facts) -> list[tuple[int, int, int]]:
    return filings.wages(facts.returns, facts.as_of, facts.measurement.wage_lag_months)


@indicator(
    "payroll_head_cnt", "个税申报人数", windows=(), direction=SAFER, sources="DEC", reason_family="TO29"
)
def payroll_head_cnt(facts: Facts, _: int) -> float:
    """Persons in the newest withholding return."""
    return _wages(facts)[0][1]


@indicator(
    "payroll_per_head", "人均申报工资", windows=(12,), direction=SAFER, sources="DEC", reason_family="TO29"
)
def payroll_per_head(facts: Facts, months: int) -> float:
    """Declared wages a person and month, yuan."""
    filed = _wages(facts)
    rows = [(heads, income) for age, heads, income in filed if age < filed[0][0] + months]
    return ratio(sum(income for _, income in rows) / FEN, sum(heads for heads, _ in rows))


@indicator(
    "sales_per_head", "人均销售", windows=(12,), direction=INTERIOR, sources="DEC,SOC", reason_family="TO29"
)
def sales_per_head(facts: Facts, months: int) -> float:
    """Declared sales a person, yuan; persons by social insurance, else by the withholding return."""
    return ratio(facts.declared.total("sales", months) / FEN, _heads(facts))


def _heads(facts: Facts) -> float:
    try:
        return facts.insured_by_month[0][1]
    except Absent:
        return _wages(facts)[0][1]
