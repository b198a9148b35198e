"""What the gateway tells of a company under a grant: registration, grades, returns, invoices."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from sandbox.company import Company
from sandbox.families.gateway.authorization import Authorizations
from sandbox.families.gateway.behaviour import LISTINGS, Listing, listing
from sandbox.families.gateway.counter import PREFIX, Method
from sandbox.families.gateway.problems import Problem
from sandbox.families.gateway.records import credit, encoded_invoices, taxpayer, vat
from sandbox.faults import FaultKind
from sandbox.portal import Portal

MAX_PAGE = 1000
MAX_MONTHS = 12
_RENAMED = {
    b'"je"': b'"hjje"',
    b'"zts"': b'"total"',
    b'"nsrmc"': b'"qymc"',
    b'"xydj"': b'"dj"',
    b'"bys"': b'"bqs"',
}
"""What the fault ``layout_changed`` does to the keys of an answer."""


class Queries:
    """Read-only methods. Invoice rows are encoded once, at the start, then cut and joined."""

    def __init__(self, portal: Portal, authorizations: Authorizations) -> None:
        self._portal, self._authorizations = portal, authorizations
        self._invoices = {
            (company.taxpayer_id, side): encoded_invoices(invoices)
            for company in portal.directory.companies.values()
            for side, invoices in (("1", company.issued), ("2", company.received))
        }

    def methods(self) -> Mapping[str, Method]:
        return {
            "health": lambda asked: orjson.dumps(
                {"zt": "UP", "fwsj": f"{self._portal.clock.now():%Y%m%d%H%M%S}"}
            ),
            "taxpayer.query": self._one("taxpayer.query", "NSRXX", taxpayer),
            "credit.query": self._one("credit.query", "XYDJ", credit),
            "vat.query": self._vat,
            "invoice.query": self._invoice,
            **{name: self._listing(name, asked) for name, asked in LISTINGS.items()},
        }

    def _one(self, name: str, scope: str, record: Callable[[Company], dict[str, Any]]) -> Method:
        def method(asked: dict[str, Any]) -> bytes:
            company = self._shown(name, self._authorizations.checked(asked, scope, None))
            return self._out(name, orjson.dumps(record(company)))

        return method

    def _listing(self, name: str, wanted: Listing) -> Method:
        def method(asked: dict[str, Any]) -> bytes:
            days = _days(asked["ssqq"], asked["ssqz"])
            company = self._shown(name, self._authorizations.checked(asked, wanted.scope, days))
            return self._out(name, orjson.dumps(listing(company, wanted, *days)))

        return method

    def _vat(self, asked: dict[str, Any]) -> bytes:
        days = _days(asked["ssqq"], asked["ssqz"])
        company = self._shown("vat.query", self._authorizations.checked(asked, "ZZSSB", days))
        return self._out("vat.query", orjson.dumps(vat(company, *days)))

    def _invoice(self, asked: dict[str, Any]) -> bytes:
        days, side = _days(asked["kprqq"], asked["kprqz"]), str(asked["fx"])
        page, size = int(asked["ys"]), int(asked["mys"])
        if side not in ("1", "2") or page < 1 or not 1 <= size <= MAX_PAGE:
            raise Problem("40003")
        company = self._shown("invoice.query", self._authorizations.checked(asked, "FPXX", days))
        dates, rows = self._invoices[company.taxpayer_id, side]
        first, last = bisect_left(dates, days[0]), bisect_right(dates, days[1])
        capped = self._portal.faults.active(FaultKind.CAPPED, PREFIX + "invoice.query")
        if capped and last - first > capped.rows:
            raise Problem("40004")
        start = min(last, first + (page - 1) * size)
        head = {"nsrsbh": company.taxpayer_id, "fx": side, "zts": last - first, "ys": page, "mys": size}
        content = (
            orjson.dumps(head)[:-1] + b',"fpxx":[' + b",".join(rows[start : min(last, start + size)]) + b"]}"
        )
        return self._out("invoice.query", content)

    def _shown(self, name: str, company: Company) -> Company:
        if self._portal.faults.active(FaultKind.WRONG_COMPANY, PREFIX + name):
            return self._portal.directory.stranger(company.taxpayer_id)
        return company

    def _out(self, name: str, content: bytes) -> bytes:
        self._portal.journal.write("page_served", detail=name)
        if self._portal.faults.active(FaultKind.LAYOUT_CHANGED, PREFIX + name):
            for known, renamed in _RENAMED.items():
                content = content.replace(known, renamed)
        return content


def _days(start: str, end: str) -> tuple[str, str]:
    """Both yyyyMMdd, in order, at most ``MAX_MONTHS`` months. Raises ``Problem`` 40003."""
    months = (int(end[:4]) - int(start[:4])) * 12 + int(end[4:6]) - int(start[4:6])
    if end < start or months > MAX_MONTHS or (months == MAX_MONTHS and end[6:] >= start[6:]):
        raise Problem("40003")
    return start, end
