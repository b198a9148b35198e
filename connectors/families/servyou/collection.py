"""What the datasets look like at the bureau: records in envelopes, each return as the XML it was filed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.bureau.connector import Content, Wanted, filed_period, more_pages, parts, text
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
                yield self._listing(wanted, "credit", {}, wanted.period, "")[0]
            case Dataset.TAX_RETURN:
                for part in parts(wanted.period, self._desk.portal.months_per_query):
                    yield from self._returns(wanted, part)
            case Dataset.INVOICE:
                for part in parts(wanted.period, self._desk.portal.months_per_query):
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
        """The list of filings, then for each VAT return what it began from and the form itself.

        The list of duties, which says of each whether it was filed, gives the count.
        """
        days = {"skssqq": part.start.isoformat(), "skssqz": part.end.isoformat()}
        content = self._desk.fetch(wanted.session, self._paths["filed"], days)
        listed = self._records(content, "filed")
        duties = self._records(self._desk.fetch(wanted.session, self._paths["duties"], days), "duties")
        total = sum(each.get("sbzlDm") in VIEWS and each.get("ysbbz") == "Y" for each in duties)
        yield Content(content, part, f"{self._paths['filed']}/{part}", total=total, form="_list")
        for each in listed:
            wanted.own(each.get("nsrsbh"), self._paths["filed"])
            if each.get("sbzlDm") in VIEWS:
                yield from self._return(wanted, each)

    def _return(self, wanted: Wanted, filed: Mapping[str, Any]) -> Iterator[Content]:
        kind, serial, start, end = (text(filed, name) for name in ("sbzlDm", "sbxh", "skssqq", "skssqz"))
        period, path = filed_period(start, end), self._paths["initial"]
        asked = {"sbzlDm": kind, "skssqq": start, "skssqz": end}
        content = self._desk.fetch(wanted.session, path, asked)
        record = self._desk.value(content)
        wanted.own(record.get("nsrsbh") if isinstance(record, dict) else None, path)
        yield Content(content, period, f"{path}/{kind}", total=1, form="_initial")
        path = self._paths["form"].format(VIEWS[kind])
        document = self._desk.document(wanted.session, f"{path}?sbxh={serial}")
        yield Content(document, period, f"{path}/{serial}", total=1, content_type="text/xml")

    def _invoices(self, wanted: Wanted, part: Period, side: str, direction: str) -> Iterator[Content]:
        size = wanted.limits.page_size
        asked: dict[str, str | int] = {
            "jxbz": side,
            "kprqq": part.start.isoformat(),
            "kprqz": part.end.isoformat(),
            "pageNum": 1,
            "pageSize": size,
        }
        first, total = self._listing(wanted, "invoices", asked, part, f"{direction}#1")
        yield first
        for page in more_pages(total, size):
            asked["pageNum"] = page
            yield self._listing(wanted, "invoices", asked, part, f"{direction}#{page}")[0]

    def _listing(
        self, wanted: Wanted, name: str, asked: Mapping[str, Any], period: Period, place: str
    ) -> tuple[Content, int]:
        """A page that tells whose it is (``nsrsbh``) and how many records there are (``total``)."""
        path = self._paths[name]
        content = self._desk.fetch(wanted.session, path, asked)
        found = self._desk.value(content)
        wanted.own(found.get("nsrsbh") if isinstance(found, dict) else None, path)
        if not isinstance(total := found.get("total"), int):
            raise ContractChanged(f"{path} does not tell its count (total)")
        return Content(content, period, f"{path}/{place}" if place else path, total=total), total

    def _records(self, content: bytes, name: str) -> list[dict[str, Any]]:
        found = self._desk.value(content)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ContractChanged(f"{self._paths[name]} is no list of records")
        return found
