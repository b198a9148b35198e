"""征收入库与欠税 (PAY): what was paid into the treasury, and what is owed."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Row, required, told
from schema.terms import Term


class TaxCategory(Term):
    """征收项目."""

    VAT = "vat", "增值税"
    CIT = "cit", "企业所得税"
    IIT = "iit", "个人所得税（代扣代缴）"
    SURTAX = "surtax", "附加税费"
    OTHER = "other", "其他税费"


class PaymentNature(Term):
    """税款属性."""

    TAX = "tax", "税款"
    LATE_FEE = "late_fee", "滞纳金"
    FINE = "fine", "罚款"
    BEHAVIOUR_FINE = "behaviour_fine", "行为罚款"
    TAX_FINE = "tax_fine", "涉税罚款"
    REFUND = "refund", "退税"


class TaxPayment(Row):
    """One row a payment or a refund; amounts are positive."""

    category: TaxCategory = required("征收项目")
    nature: PaymentNature = required("税款属性", "`fine` where the source does not tell which")
    period_start: date | None = told("税款所属期起")
    period_end: date | None = told("税款所属期止")
    due_on: date | None = told("缴款期限", "the days after it are the days of a late fee")
    event_date: date | None = told("入库日期")
    amount_fen: Fen = required("金额")
    item: str | None = told("征收品目")
    applied_on: date | None = told("申请日期", "of a refund")
    voucher: str | None = told("税票号码")


class TaxArrears(Row):
    """One row an amount that was not paid in time (欠税)."""

    category: TaxCategory = required("征收项目")
    period_start: date | None = told("税款所属期起")
    period_end: date | None = told("税款所属期止")
    due_on: date | None = told("缴款期限")
    event_date: date = required("欠税发生日期")
    amount_fen: Fen = required("欠税余额")
    late_fee_fen: Fen | None = told("欠缴滞纳金")
    settled_on: date | None = told("清缴日期", "null while it is owed")
