"""电力 (ELE): one bill a month and meter."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Count, Fen, Measure, Row, required, told
from schema.terms import Term


class Tariff(Term):
    """用电类别."""

    INDUSTRIAL = "industrial", "大工业"
    COMMERCIAL = "commercial", "一般工商业"
    RESIDENTIAL = "residential", "居民"
    AGRICULTURAL = "agricultural", "农业"


class ElectricityBill(Row):
    """One row a bill."""

    month: date = required("月份", "its last day")
    energy_kwh: Measure | None = told("电量")
    amount_fen: Fen | None = told("电费")
    meter_id: str | None = told("户号")
    tariff: Tariff | None = told("用电类别")
    capacity_kva: Measure | None = told("报装容量")
    peak_kwh: Measure | None = told("峰电量")
    flat_kwh: Measure | None = told("平电量")
    valley_kwh: Measure | None = told("谷电量")
    due_on: date | None = told("缴费期限")
    paid_on: date | None = told("缴费日期")
    unpaid_fen: Fen | None = told("欠费")
    penalty_fen: Fen | None = told("违约金")
    stop_notices: Count | None = told("停电催费次数")
    misuse: bool | None = told("违约用电/窃电")
    autopay: bool | None = told("代扣缴费")
