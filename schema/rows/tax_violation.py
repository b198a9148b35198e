"""违法违章与稽查 (VIO)."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Row, required, told
from schema.terms import Term


class ViolationKind(Term):
    """违法类型."""

    VIOLATION = "violation", "税收违法违章"
    MAJOR = "major", "重大税收违法失信"


class CaseState(Term):
    """Whether the authority is done with it."""

    OPEN = "open", "未处理/未结案"
    CLOSED = "closed", "已处理/已结案"


class TaxViolation(Row):
    """One row a violation."""

    violation_id: str = required("违法违章编号")
    kind: ViolationKind = required("违法类型")
    event_date: date = required("登记日期")
    state: CaseState = required("处理状态")
    handled_on: date | None = told("处理日期", "of a major one: the day it left the list")
    fine_fen: Fen | None = told("罚款金额")
    reason: str | None = told("违法事实")


class TaxInspection(Row):
    """One row a case of the inspection (稽查)."""

    case_id: str = required("案件编号")
    event_date: date = required("立案日期")
    state: CaseState = required("案件状态")
    closed_on: date | None = told("结案日期")
    supplement_fen: Fen | None = told("查补税款")
    fine_fen: Fen | None = told("罚款金额")
    reason: str | None = told("案由")
