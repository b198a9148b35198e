"""纳税信用等级 (TCR), one a year."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Measure, Row, Small, required, told
from schema.terms import Term


class TaxCreditGrade(Term):
    """纳税缴费信用等级."""

    A = "A", "A级"
    B = "B", "B级"
    M = "M", "M级"
    C = "C", "C级"
    D = "D", "D级"


class TaxCreditRating(Row):
    """One row a year."""

    year: Small = required("评价年度")
    grade: TaxCreditGrade = required("信用等级")
    score: Measure | None = told("评价得分")
    event_date: date | None = told("发布日期")
