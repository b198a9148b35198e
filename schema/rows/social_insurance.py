"""社保与公积金 (SOC)."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Count, Fen, Row, required, told


class SocialInsurance(Row):
    """One row a month."""

    month: date = required("月份", "its last day")
    insured_count: Count | None = told("参保人数")
    insurance_fen: Fen | None = told("社保缴费额")
    fund_count: Count | None = told("公积金缴存人数")
    fund_fen: Fen | None = told("公积金缴存额")
    paid_on: date | None = told("缴费日期")


class InsuredPerson(Row):
    """One row an employee, by key alone."""

    person_key: str = required("人员标识", "the source's key of a person, never the number of an id card")
    since: date | None = told("参保日期")
    until: date | None = told("停保日期", "null while insured")
