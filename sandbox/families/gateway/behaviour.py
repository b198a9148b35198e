"""Payments, arrears, violations, inspections, changes and statements in the gateway's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox import behaviour
from sandbox.company import Company

_LEVIES = {"增值税": "ZZS", "企业所得税": "QYSDS", "附加税费": "FJSF"}
_NATURES = {"税款": "SK", "滞纳金": "ZNJ", "罚款": "FK", "退税": "TS"}
_STATEMENTS = {"资产负债表": "ZCFZB", "利润表": "LRB", "现金流量表": "XJLLB"}
_COLUMNS = {"期末": "QM", "本年累计": "BNLJ"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """One method: the 数据类型 that it needs, the name of its list, and the records with their days."""

    scope: str
    name: str
    rows: Callable[[Company], Iterator[tuple[date, Row]]]


def _payments(company: Company) -> Iterator[tuple[date, Row]]:
    for each in behaviour.payments(company):
        yield (
            each.paid_on,
            {
                "sphm": each.voucher,
                "zsxm": _LEVIES[each.levy],
                "sksx": _NATURES[each.nature],
                "skssqq": _day(each.start),
                "skssqz": _day(each.end),
                "jkqx": _day(each.due_on),
                "rkrq": _day(each.paid_on),
                "sqrq": None,
                "je": _yuan(each.amount),
            },
        )


def _arrears(company: Company) -> Iterator[tuple[date, Row]]:
    for each in behaviour.arrears(company):
        yield (
            each.arose_on,
            {
                "zsxm": _LEVIES[each.levy],
                "skssqq": _day(each.start),
                "skssqz": _day(each.end),
                "jkqx": _day(each.due_on),
                "fsrq": _day(each.arose_on),
                "qsye": _yuan(each.amount),
                "znj": _yuan(each.late_fee),
                "qjrq": _day(each.settled_on),
            },
        )


def _violations(company: Company) -> Iterator[tuple[date, Row]]:
    for each in behaviour.violations(company):
        yield (
            each.found_on,
            {
                "wfbh": each.number,
                "wflx": "ZD" if each.major else "WZ",
                "djrq": _day(each.found_on),
                "clzt": "1" if each.closed_on else "0",
                "clrq": _day(each.closed_on),
                "fkje": _yuan(each.fine),
                "wfss": each.fact,
            },
        )


def _inspections(company: Company) -> Iterator[tuple[date, Row]]:
    for each in behaviour.inspections(company):
        yield (
            each.opened_on,
            {
                "ajbh": each.number,
                "larq": _day(each.opened_on),
                "ajzt": "1" if each.closed_on else "0",
                "jarq": _day(each.closed_on),
                "cbsk": _yuan(each.supplement),
                "fkje": _yuan(each.fine),
                "ay": each.reason,
            },
        )


def _changes(company: Company) -> Iterator[tuple[date, Row]]:
    for each in behaviour.changes(company):
        row = {"bgrq": _day(each.on), "bglx": "DJ", "jcrq": None, "bgxm": each.item}
        yield each.on, row | {"bgq": each.before, "bgh": each.after, "bgqed": None, "bghed": None}
    if (left := behaviour.left(company)) is not None:
        day = left.due_on
        row = {"bgrq": _day(day), "bglx": "FZC", "jcrq": None, "bgxm": "纳税人状态"}
        yield day, row | {"bgq": "正常", "bgh": "非正常户", "bgqed": None, "bghed": None}


def _statements(company: Company) -> Iterator[tuple[date, Row]]:
    for each in behaviour.figures(company):
        yield (
            each.end,
            {
                "bbzl": _STATEMENTS[each.statement],
                "kjzz": "XQY",
                "ssqq": _day(each.start),
                "ssqz": _day(each.end),
                "bsrq": _day(each.filed_on),
                "hc": each.line,
                "xmmc": each.label,
                "lm": _COLUMNS[each.column],
                "je": _yuan(each.amount),
            },
        )


LISTINGS: Mapping[str, Listing] = {
    "payment.query": Listing("JKXX", "jkxx", _payments),
    "arrears.query": Listing("JKXX", "qsxx", _arrears),
    "violation.query": Listing("WFXX", "wfxx", _violations),
    "inspection.query": Listing("WFXX", "jcxx", _inspections),
    "change.query": Listing("BGXX", "bgxx", _changes),
    "statement.query": Listing("CWBB", "cwbb", _statements),
}


def listing(company: Company, asked: Listing, start: str, end: str) -> dict[str, Any]:
    """The records whose day lies within these days, yyyyMMdd."""
    rows = [row for day, row in asked.rows(company) if start <= f"{day:%Y%m%d}" <= end]
    return {"nsrsbh": company.taxpayer_id, "zts": len(rows), asked.name: rows}


def _day(day: date | None) -> str | None:
    return f"{day:%Y%m%d}" if day else None


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"
