"""What the datasets look like at the bureau: 纳税人登记 out of a form, returns as forms, invoices by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.bureau.connector import Content, Wanted, filed_period, listed, text
from connectors.families.foresee.api import ForeseeDesk, at, unwrapped
from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.period import Period

FORMS = {"YBNSRZZS": "ybnsrzzs", "XGMZZS": "xgmzzs"}
"""增值税 for general and small-scale taxpayers: 申报业务编码 and the folder of its form."""
FORM_OF_KIND = {"BDA0610606": "ybnsrzzs", "BDA0610611": "xgmzzs"}
"""应征凭证种类 of the two VAT returns."""
DIRECTIONS = {"XX": "out", "JX": "in"}
"""发票方向: 销项 (issued), 进项 (received)."""


class Collection:
    """Reads datasets within a session."""

    def __init__(self, desk: ForeseeDesk) -> None:
        self._desk, self._paths = desk, desk.portal.paths

    def pages(self, wanted: Wanted) -> Iterator[Content]:
        match wanted.dataset:
            case Dataset.TAXPAYER:
                yield self._taxpayer(wanted)
            case Dataset.TAX_CREDIT_RATING:
                yield self._listing(wanted, "credit", {}, wanted.period, "")
            case Dataset.TAX_RETURN:
                for part in wanted.period.parts(self._desk.portal.months_per_query):
                    yield from self._returns(wanted, part)
            case Dataset.INVOICE:
                for part in wanted.period.parts(self._desk.portal.months_per_query):
                    for side, direction in DIRECTIONS.items():
                        yield from self._invoices(wanted, part, side, direction)

    def _taxpayer(self, wanted: Wanted) -> Content:
        """The record is part of the VAT form that the company files; the list of duties tells which."""
        duties = self._desk.duties(wanted.session).get("sbqcList")
        filed = [FORMS[code] for each in duties or () if (code := each.get("sbywbm")) in FORMS]
        if not filed:
            raise ContractChanged("the list of duties has no VAT return")
        return self._form(wanted, filed[0], {}, wanted.period, "")

    def _form(
        self, wanted: Wanted, folder: str, asked: Mapping[str, str], period: Period, serial: str
    ) -> Content:
        path = self._paths["form"].format(folder)
        content = self._desk.fetch(wanted.session, path, asked)
        body = unwrapped(str(unwrapped(content).get("body", "")).encode())
        wanted.own(at(body, "qcs", "initData", "nsrjbxx").get("nsrsbh"), path)
        return Content(content, period, f"{path}/{serial}" if serial else path, total=1)

    def _returns(self, wanted: Wanted, part: Period) -> Iterator[Content]:
        """The list of filings, then each VAT return. The bureau's other list gives the count."""
        days = {"skssqq": part.start.isoformat(), "skssqz": part.end.isoformat()}
        content = self._desk.fetch(wanted.session, self._paths["filed"], days)
        filings = at(unwrapped(content), "taxML", "body", "taxML", "ysbxxList").get("ysbxx")
        counted = unwrapped(self._desk.fetch(wanted.session, self._paths["filed_count"], days)).get("sbList")
        if not isinstance(filings, list) or not isinstance(counted, list):
            raise ContractChanged("a list of filings is no list")
        total = sum(each.get("ywbm") in FORMS for each in counted)
        yield Content(content, part, f"{self._paths['filed']}/{part}", total=total, form="_list")
        for each in filings:
            wanted.own(each.get("nsrsbh"), self._paths["filed"])
            if (folder := FORM_OF_KIND.get(each.get("yzpzzl_dm", ""))) is not None:
                serial, start, end = (text(each, name) for name in ("pzxh", "skssqq", "skssqz"))
                asked, period = {"pzxh": serial, "ssqq": start, "ssqz": end}, filed_period(start, end)
                if (f"{self._paths['form'].format(folder)}/{serial}", period) not in wanted.held:
                    yield self._form(wanted, folder, asked, period, serial)

    def _invoices(self, wanted: Wanted, part: Period, side: str, direction: str) -> Iterator[Content]:
        asked: dict[str, str | int] = {
            "fpfx": side,
            "kprqq": part.start.isoformat(),
            "kprqz": part.end.isoformat(),
            "pageSize": wanted.limits.page_size,
        }

        def page(number: int) -> Content:
            return self._listing(
                wanted, "invoices", {**asked, "pageNo": number}, part, f"{direction}#{number}"
            )

        yield from listed(wanted, part, f"{self._paths['invoices']}/{direction}", page)

    def _listing(
        self, wanted: Wanted, name: str, asked: Mapping[str, Any], period: Period, place: str
    ) -> Content:
        """A page that tells whose it is (``nsrsbh``) and how many records there are (``zjls``)."""
        path = self._paths[name]
        content = self._desk.fetch(wanted.session, path, asked)
        found = unwrapped(content)
        wanted.own(found.get("nsrsbh"), path)
        if not isinstance(total := found.get("zjls"), int):
            raise ContractChanged(f"{path} does not tell its count (zjls)")
        return Content(content, period, f"{path}/{place}" if place else path, total=total)
