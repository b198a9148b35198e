"""What the SOAP gateway's operations answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from lxml import etree

from sandbox.applications import Applications, Days, Standing
from sandbox.company import Company
from sandbox.families.soap.envelope import SERVICE
from sandbox.families.soap.problems import Problem
from sandbox.families.soap.records import Fields, credit, invoices, taxpayer, vat
from sandbox.faults import FaultKind
from sandbox.portal import Portal

PATH = "/yspt/services/TaxData"
MAX_ROWS = 500
SCOPES = {"NSRXX": "taxpayer", "XYDJ": "tax_credit_rating", "ZZSSB": "tax_return", "FPXX": "invoice"}
"""数据类型 of the gateway and the dataset each is."""

Operation = Callable[["Asked"], Fields]


class Asked:
    """The request's payload."""

    def __init__(self, payload: etree._Element) -> None:
        self._payload = payload

    def __getitem__(self, name: str) -> str:
        """Raises ``Problem`` BW03."""
        if (found := self._payload.findtext(f"{{{SERVICE}}}{name}")) is None:
            raise Problem("BW03")
        return found

    def get(self, name: str) -> str:
        return self._payload.findtext(f"{{{SERVICE}}}{name}") or ""

    def number(self, name: str) -> int:
        return int(self[name])

    def days(self) -> Days:
        """Both days, in order. Raises ``ValueError``."""
        start, end = date.fromisoformat(self["Qsrq"]), date.fromisoformat(self["Jzrq"])
        if end < start:
            raise ValueError("days out of order")
        return start, end

    def each(self, name: str) -> list[Asked]:
        return [Asked(child) for child in self._payload.findall(f"{{{SERVICE}}}{name}")]


class Operations:
    """Authorization and read-only queries. ``Refusal`` and ``Problem`` are the counter's to answer."""

    def __init__(self, portal: Portal) -> None:
        self._portal, self._applications = portal, Applications(portal)

    def all(self) -> Mapping[str, Operation]:
        return {
            "Ping": lambda asked: {"Zt": "UP"},
            "ApplyAuthorization": self._apply,
            "ConfirmAuthorization": lambda asked: standing(
                self._applications.confirm(asked["Ywlsh"], asked["Yzm"])
            ),
            "QueryAuthorization": lambda asked: standing(self._applications.query(asked["Ywlsh"])),
            "RevokeAuthorization": lambda asked: standing(
                self._applications.revoke(asked["Nsrsbh"], asked["Sqhzh"])
            ),
            "GetTaxpayer": lambda asked: taxpayer(self._company("GetTaxpayer", asked, "taxpayer", None)),
            "ListCreditRatings": lambda asked: credit(
                self._company("ListCreditRatings", asked, "tax_credit_rating", None)
            ),
            "ListVatReturns": self._vat,
            "ListInvoices": self._invoices,
        }

    def _apply(self, asked: Asked) -> Fields:
        try:
            scopes = {SCOPES[each["Sjlx"]]: each.days() for each in asked.each("Sqfw")}
        except KeyError:
            raise Problem("BW03") from None
        return standing(
            self._applications.apply(
                asked["Ywlsh"], asked["Nsrsbh"], asked.get("Sqrsfzh"), asked["Yhmc"], scopes
            )
        )

    def _vat(self, asked: Asked) -> Fields:
        start, end = _within_a_year(asked.days())
        company = self._company("ListVatReturns", asked, "tax_return", (start, end))
        return vat(company, [each for each in company.returns if start <= each.end <= end])

    def _invoices(self, asked: Asked) -> Fields:
        (start, end), side = _within_a_year(asked.days()), asked["Fx"]
        page, size = asked.number("Ys"), asked.number("Mys")
        if side not in ("XX", "JX") or page < 1 or not 1 <= size <= MAX_ROWS:
            raise Problem("BW03")
        company = self._company("ListInvoices", asked, "invoice", (start, end))
        register = company.issued if side == "XX" else company.received
        found = [each for each in register if start <= each.issued_at.date() <= end]
        found.sort(key=lambda each: each.issued_at.date())
        return invoices(company, side, page, size, found)

    def _company(self, name: str, asked: Asked, scope: str, days: Days | None) -> Company:
        company = self._applications.readable(asked["Nsrsbh"], asked["Sqhzh"], asked["Fwlp"], scope, days)
        self._portal.journal.write("page_served", taxpayer_id=company.taxpayer_id, detail=name)
        if self._portal.faults.active(FaultKind.WRONG_COMPANY, f"{PATH}/{name}"):
            return self._portal.directory.stranger(company.taxpayer_id)
        return company


def standing(found: Standing) -> Fields:
    """How an application stands, in elements."""
    head: Fields = {"Nsrsbh": found.taxpayer_id}
    if found.grant is None:
        return {**head, "Sqzt": "DQR", "Sjhm": found.phone, "Yxsc": found.seconds, "Sycs": found.tries}
    return {
        **head,
        "Sqzt": "YSQ" if found.grant["state"] == "有效" else "YCX",
        "Sqhzh": found.grant["receipt"],
        "Fwlp": found.token,
        "Sqsj": _printed(found.grant["granted_at"]),
        "Yxqz": _printed(found.grant["expires_at"]),
    }


def _printed(instant: str) -> str:
    return datetime.fromisoformat(instant).isoformat(timespec="seconds")


def _within_a_year(days: Days) -> Days:
    """A query may not leave its calendar year (不得跨年)."""
    if days[0].year != days[1].year:
        raise Problem("BW03", "查询期间不得跨年")
    return days
