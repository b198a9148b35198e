"""Sub-model ``tax_operation`` (涉税经营): what is declared in VAT, income-tax and withholding returns.

Windows end with the last filed period; a quarterly filer's window of n months is n/3 periods.
"""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.bank_side import Bench
from scoring.inputs.declared import QUARTER, Declared
from scoring.inputs.payments import Payments
from scoring.inputs.returns import Wages, Year
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, figure, submodel
from scoring.series import growth, ratio, slope, summed, variation
from scoring.value import Floats

indicator = submodel("tax_operation")


@indicator("申报销售额", "DEC", (3, 6, 12, 24), SAFER, "TO01")
def declared_sales(declared: Declared, months: int) -> Floats:
    """Declared sales without tax of every kind, yuan."""
    return declared.total("sales", months) / FEN_PER_YUAN


@indicator("申报同比", "DEC", (6, 12), SAFER, "TO03")
def declared_yoy(declared: Declared, months: int) -> Floats:
    """Declared sales against the same months a year before, minus 1."""
    return growth(declared.total("sales", months), declared.total("sales", months, skip=12))


@indicator("申报环比", "DEC", (12,), SAFER, "TO03")
def declared_hoh(declared: Declared, months: int) -> Floats:
    """The last 6 months against the 6 before, minus 1."""
    return growth(declared.total("sales", 6), declared.total("sales", 6, skip=6))


@indicator("申报波动", "DEC", (12, 24), RISKIER, "TO05")
def declared_cv(declared: Declared, months: int) -> Floats:
    """Standard deviation of declared sales a period over their mean."""
    return declared.over_periods(variation, "sales", months)


@indicator("申报趋势斜率", "DEC", (12, 24), SAFER, "TO03")
def declared_slope(declared: Declared, months: int) -> Floats:
    """Least-squares slope of declared sales, a month, over their mean."""
    return declared.over_periods(slope, "sales", months) / np.where(declared.quarterly, QUARTER, 1)


def _active(periods: Floats) -> Floats:
    return summed(periods > 0)


@indicator("有收入申报期数", "DEC", (12, 24), SAFER, "TO07")
def declared_active_periods(declared: Declared, months: int) -> Floats:
    """Filing periods with sales."""
    return declared.over_periods(_active, "sales", months)


def burden(declared: Declared, months: int, skip: int = 0) -> Floats:
    """VAT payable (应纳税额合计) over taxable sales."""
    return ratio(declared.total("payable", months, skip), declared.total("taxable", months, skip))


@indicator("增值税税负率", "DEC", (12,), INTERIOR, "TO13")
def vat_burden(declared: Declared, months: int) -> Floats:
    """VAT payable (应纳税额合计) over taxable sales."""
    return burden(declared, months)


@indicator("税负相对行业", "DEC,IND", (12,), INTERIOR, "TO13")
def vat_burden_vs_ind(vat_burden_12m: Floats, bench: Bench, months: int) -> Floats:
    """VAT burden over the industry's median."""
    return ratio(vat_burden_12m, bench.number("vat_burden_median"))


@indicator("税负率变动", "DEC", (24,), INTERIOR, "TO13")
def vat_burden_chg(declared: Declared, months: int) -> Floats:
    """VAT burden of the last 12 months minus that of the 12 before."""
    return burden(declared, 12) - burden(declared, 12, skip=12)


@indicator("所得税贡献率", "DEC", (12,), INTERIOR, "TO15")
def cit_contribution(income_tax: Year, months: int) -> Floats:
    """Corporate income tax due over revenue, by the income-tax returns."""
    return ratio(income_tax.tax, income_tax.revenue)


@indicator("进项/销项税比", "DEC", (12,), INTERIOR, "TO17")
def input_output_tax_ratio(declared: Declared, months: int) -> Floats:
    """Input tax over output tax. ``NOT_APPLICABLE`` for small-scale taxpayers."""
    return ratio(declared.total("input_tax", months), declared.total("output_tax", months))


@indicator("留抵/销项税", "DEC", (12,), RISKIER, "TO17")
def credit_carry_ratio(declared: Declared, months: int) -> Floats:
    """Credit carried forward (期末留抵) at the last filing over output tax. ``NOT_APPLICABLE`` for
    small-scale."""
    return ratio(declared.newest("carried"), declared.total("output_tax", months))


@indicator("出口销售占比", "DEC", (12,), CONTEXT, "TO19")
def export_sales_ratio(declared: Declared, months: int) -> Floats:
    """Export sales over declared sales."""
    return ratio(declared.total("export", months), declared.total("sales", months))


@indicator("免税销售占比", "DEC", (12,), CONTEXT, "TO19")
def exempt_sales_ratio(declared: Declared, months: int) -> Floats:
    """Exempt sales over declared sales."""
    return ratio(declared.total("exempt", months), declared.total("sales", months))


@indicator("个税申报人数", "DEC", (), SAFER, "TO29")
def payroll_head_cnt(wages: Wages) -> Floats:
    """Persons in the newest withholding return."""
    return wages.total(wages.heads, 1)


@indicator("人均申报工资", "DEC", (12,), SAFER, "TO29")
def payroll_per_head(wages: Wages, months: int) -> Floats:
    """Declared wages a person and month, yuan."""
    return ratio(wages.total(wages.income, months) / FEN_PER_YUAN, wages.total(wages.heads, months))


@indicator("人均销售", "DEC,SOC", (12,), INTERIOR, "TO29", needs="DEC")
def sales_per_head(declared: Declared, insured_cnt: Floats, payroll_head_cnt: Floats, months: int) -> Floats:
    """Declared sales a person, yuan; persons by social insurance, else by the withholding return."""
    heads = np.where(np.isnan(insured_cnt), payroll_head_cnt, insured_cnt)
    return ratio(declared.total("sales", months) / FEN_PER_YUAN, heads)


@figure("DEC")
def last_two_periods_sales(declared: Declared) -> Floats:
    """Declared sales of the last two filed periods, yuan."""
    monthly, quarterly = (declared.total("sales", 2 * unit) for unit in (1, QUARTER))
    return np.where(declared.quarterly, quarterly, monthly) / FEN_PER_YUAN


@figure("DEC")
def declared_vat(declared: Declared) -> Floats:
    """VAT declared payable a year, yuan: the mean of 24 months, or the last 12 when that is less or all."""
    year = declared.total("payable", 12)
    return np.fmin(declared.total("payable", 24) / 2, year) / FEN_PER_YUAN + 0 * year


@figure()
def tax_contribution_12m(total_tax_paid_12m: Floats, declared: Declared) -> Floats:
    """Tax of the last 12 months, yuan: as paid when that is known, else VAT declared payable."""
    payable = declared.total("payable", 12) / FEN_PER_YUAN
    return np.where(np.isnan(total_tax_paid_12m), payable, total_tax_paid_12m)


@figure("PAY")
def yearly_vat(payments: Payments) -> Floats:
    """VAT paid a year, yuan: the mean of 24 months, or the last 12 when that is less."""
    return np.minimum(payments.vat.total(24) / 2, payments.vat.total(12)) / FEN_PER_YUAN


@figure("PAY")
def yearly_cit(payments: Payments) -> Floats:
    """Corporate income tax paid a year, yuan: the mean of 24 months, or the last 12 when that is less."""
    return np.minimum(payments.cit.total(24) / 2, payments.cit.total(12)) / FEN_PER_YUAN
