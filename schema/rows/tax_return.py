"""纳税申报 (DEC): returns, the figures of their main forms, and those of their schedules."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Row, required, told
from schema.terms import Term


class Form(Term):
    """申报表."""

    VAT_GENERAL = "vat_general", "增值税及附加税费申报表（一般纳税人适用）"
    VAT_SMALL = "vat_small", "增值税及附加税费申报表（小规模纳税人适用）"
    CIT_QUARTERLY = "cit_quarterly", "企业所得税月（季）度预缴纳税申报表（A类，A200000）"
    CIT_ANNUAL = "cit_annual", "企业所得税年度纳税申报表（A类，A100000）"
    CIT_DEEMED = "cit_deemed", "企业所得税月（季）度预缴和年度纳税申报表（B类，B100000）"
    IIT_WITHHOLDING = "iit_withholding", "个人所得税扣缴申报表"
    SURTAX = "surtax", "城建税、教育费附加、地方教育附加申报表"
    STAMP_DUTY = "stamp_duty", "印花税申报表"
    FINANCIAL_STATEMENT = "financial_statement", "财务报表报送"
    OTHER = "other", "其他申报表"


class Span(Term):
    """Which column of the form a figure stands in."""

    CURRENT = "current", "本月数/本期数"
    YEAR_TO_DATE = "year_to_date", "本年累计"


class TaxReturn(Row):
    """One row a return."""

    return_id: str = required("申报序号", "joins the lines")
    form: Form = required("申报表")
    period_start: date | None = told("税款所属期起")
    period_end: date | None = told("税款所属期止")
    due_on: date | None = told("申报期限")
    event_date: date | None = told("申报日期")
    corrects: str | None = told("更正的申报序号", "`return_id` of the return that this one replaces")


class TaxReturnLine(Row):
    """One row a figure of a main form."""

    return_id: str = required("申报序号")
    line: str = required(
        "栏次", "official number; `headcount` (persons) and `income` of a withholding return"
    )
    label: str | None = told("项目")
    column: Span = required("列")
    amount_fen: Fen = required("金额")


class TaxReturnScheduleLine(Row):
    """One row a figure of a schedule (附列资料, 附表)."""

    return_id: str = required("申报序号")
    schedule: str = required("附表", "its code or name, e.g. `A107012`, `附列资料（一）`")
    line: str = required("行次", "official number")
    label: str | None = told("项目")
    column: str = required("列次", "official number, or the portal's own name where the form has none")
    amount_fen: Fen = required("金额")
