"""What the datasets look like at the bureau: records in envelopes, each return as the XML it was filed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.bureau.connector import Content, Wanted, filed_period, listed, text
from connectors.families.servyou.api import ServyouDesk
from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.period import Period

VIEWS = {"10101": "sb_ybnsr_201905/001", "10103": "xgmsb-tbs"}
"""申报种类 of the VAT returns (general; small-scale) and the view that holds their main form."""
DIRECTIONS = {"xx": "out", "jx": "in"}
"""发票方向: 销项 (issued), 进项 (received)."""


class Collection:
    """Reads datasets within a session."""

    def __init__(self, desk: ServyouDesk) -> None:
        self._desk, self._paths = desk, desk.portal.paths

    def pages(self, wanted: Wanted) -> Iterator[Content]:
        match wanted.dataset:
            case Dataset.TAXPAYER:
                yield from self._taxpayer(wanted)
            case Dataset.TAX_CREDIT_RATING:
                yield self._listing(wanted, "credit", {}, wanted.period, "")
            case Dataset.TAX_RETURN:
                for part in wanted.period.parts(self._desk.portal.months_per_query):
                    yield from self._returns(wanted, part)
                yield from self._due(wanted)
            case Dataset.INVOICE:
                for part in wanted.period.parts(self._desk.portal.months_per_query):
                    for side, direction in DIRECTIONS.items():
                        yield from self._invoices(wanted, part, side, direction)

    def _taxpayer(self, wanted: Wanted) -> Iterator[Content]:
        """The record, and the list of duties, which tells what kind of VAT taxpayer it is."""
        path = self._paths["taxpayer"]
        content = self._desk.fetch(wanted.session, path, {})
        record = self._desk.value(content)
        wanted.own(record.get("nsrsbh") if isinstance(record, dict) else None, path)
        yield Content(content, wanted.period, path, total=1)
        duties = self._desk.fetch(wanted.session, self._paths["duties"], {})
        yield Content(duties, wanted.period, self._paths["duties"], form="_duties")

    def _returns(self, wanted: Wanted, part: Period) -> Iterator[Content]:
        """The list of filings, the list of duties, and each VAT return as a document.

        Duties tell the deadline of each return, and whether it was filed: so they give the count.
        """
        days = {"skssqq": part.start.isoformat(), "skssqz": part.end.isoformat()}
        content = self._desk.fetch(wanted.session, self._paths["filed"], days)
        filings = self._records(content, "filed")
        deadlines = self._desk.fetch(wanted.session, self._paths["duties"], days)
        duties = self._records(deadlines, "duties")
        total = sum(each.get("sbzlDm") in VIEWS and each.get("ysbbz") == "Y" for each in duties)
        yield Content(content, part, f"{self._paths['filed']}/{part}", total=total, form="_list")
        yield Content(deadlines, part, f"{self._paths['duties']}/{part}", form="_duties")
        for each in filings:
            wanted.own(each.get("nsrsbh"), self._paths["filed"])
            if each.get("sbzlDm") in VIEWS:
                yield from self._return(wanted, each)

    def _return(self, wanted: Wanted, filed: Mapping[str, Any]) -> Iterator[Content]:
        kind, serial, start, end = (text(filed, name) for name in ("sbzlDm", "sbxh", "skssqq", "skssqz"))
        path, period = self._paths["form"].format(VIEWS[kind]), filed_period(start, end)
        place = f"{path}/{serial}"
        if (place, period) not in wanted.held:
            document = self._desk.document(wanted.session, f"{path}?sbxh={serial}")
            yield Content(document, period, place, total=1, content_type="text/xml")

    def _due(self, wanted: Wanted) -> Iterator[Content]:
        """核定信息 of the return that is due now: the year's sums so far, as the bureau itself has them.

        It is refused for a period that was filed already.
        """
        duties = self._records(self._desk.fetch(wanted.session, self._paths["duties"], {}), "duties")
        for due in duties:
            if due.get("sbzlDm") in VIEWS and due.get("ysbbz") == "N":
                kind, start, end = (text(due, name) for name in ("sbzlDm", "sssqQ", "sssqZ"))
                asked = {"sbzlDm": kind, "skssqq": start, "skssqz": end}
                content = self._desk.fetch(wanted.session, self._paths["initial"], asked)
                record = self._desk.value(content)
                owner = record.get("nsrsbh") if isinstance(record, dict) else None
                wanted.own(owner, self._paths["initial"])
                period = filed_period(start, end)
                yield Content(content, period, f"{self._paths['initial']}/{kind}", form="_initial")

    def _invoices(self, wanted: Wanted, part: Period, side: str, direction: str) -> Iterator[Content]:
        asked: dict[str, str | int] = {
            "jxbz": side,
            "kprqq": part.start.isoformat(),
            "kprqz": part.end.isoformat(),
            "pageSize": wanted.limits.page_size,
        }

        def page(number: int) -> Content:
            return self._listing(
                wanted, "invoices", {**asked, "pageNum": number}, part, f"{direction}#{number}"
            )

        yield from listed(wanted, part, f"{self._paths['invoices']}/{direction}", page)

    def _listing(
        self, wanted: Wanted, name: str, asked: Mapping[str, Any], period: Period, place: str
    ) -> Content:
        """A page that tells whose it is (``nsrsbh``) and how many records there are (``total``)."""
        path = self._paths[name]
        content = self._desk.fetch(wanted.session, path, asked)
        found = self._desk.glance(content).body
        wanted.own(found.get("nsrsbh") if isinstance(found, dict) else None, path)
        if not isinstance(total := found.get("total"), int):
            raise ContractChanged(f"{path} does not tell its count (total)")
        return Content(content, period, f"{path}/{place}" if place else path, total=total)

    def _records(self, content: bytes, name: str) -> list[dict[str, Any]]:
        found = self._desk.value(content)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ContractChanged(f"{self._paths[name]} is no list of records")
        return found
