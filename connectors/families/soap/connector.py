"""The gateway behind the connector interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import orjson

from connectors.drift.answers import head
from connectors.families.soap.api import SoapApi, names, service, text
from connectors.families.soap.door import SoapDoor
from connectors.families.soap.messages import Answer
from connectors.families.soap.portal import PortalData
from connectors.interface import NOTHING_HELD, Grant, Held, Sighting
from connectors.overlay import RouteOverlay
from connectors.smsgrant import SmsRoute
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, WrongTaxpayer
from schema.period import Period
from schema.raw import RawPage

WSDL = Path(__file__).parent / "service.wsdl"
DIRECTIONS = {"XX": "out", "JX": "in"}
"""方向: 销项 (issued), 进项 (received)."""
MAX_RECORDS = 5_000_000
"""A count beyond this within a year is no count."""


class SoapConnector(SmsRoute):
    """See ``connectors.interface.Connector``."""

    def __init__(self, region: str, api: SoapApi, overlay: RouteOverlay, portal: PortalData) -> None:
        super().__init__(SoapDoor(api, portal))
        self._region, self._api, self._portal = region, api, portal
        self._rows, self.datasets = min(portal.most_rows, overlay.limits.page_size), overlay.datasets

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """Every answer carries the company's id and is checked before it is handed over: ``content`` is the
        Body exactly as the gateway signed it."""
        base = {"Nsrsbh": taxpayer_id, **orjson.loads(grant.secret)}
        sequence = count()
        for part, asked, locator in self._queries(dataset, period):
            for page in count(1):
                paged = {"Ys": str(page), "Mys": str(self._rows)} if dataset is Dataset.INVOICE else {}
                place = f"{locator}#{page}" if paged else locator
                if (known := held.get((place, part))) is not None:
                    if not paged or page * self._rows >= known:
                        break
                    continue
                found = self._api.call(self._portal.operations[dataset], {**base, **asked, **paged})
                total = self._checked(found, taxpayer_id, dataset, locator)
                yield RawPage(
                    dataset=dataset,
                    period=part,
                    region=self._region,
                    route=Route.API,
                    source_format=f"soap.{dataset}",
                    locator=place,
                    sequence=next(sequence),
                    content=found.content,
                    content_type="application/xml",
                    fetched_at=datetime.now(UTC),
                    portal_total=total,
                )
                if not paged or page * self._rows >= total:
                    break

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Idempotent at the gateway."""
        self._api.call("RevokeAuthorization", {"Nsrsbh": taxpayer_id, "Sqhzh": grant.receipt})

    def probe(self) -> None:
        """The service still declares everything that our copy of its WSDL does; else ``ContractChanged``
        names what is gone."""
        if fault := _lacking(self._api.wsdl().body):
            raise fault

    def sight(self) -> Sighting:
        got = self._api.wsdl()
        return Sighting({"answer": {"": head(got)}, **service(got.body)}, fault=_lacking(got.body))

    def close(self) -> None:
        self._api.close()

    def _queries(self, dataset: Dataset, period: Period) -> Iterator[tuple[Period, Mapping[str, str], str]]:
        """(part of the period, what is asked, locator), oldest first: a query may not leave its calendar year
        (不得跨年)."""
        operation = self._portal.operations[dataset]
        if dataset in (Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING):
            yield period, {}, operation
            return
        for year in range(period.start.year, period.end.year + 1):
            start, end = max(period.start, date(year, 1, 1)), min(period.end, date(year, 12, 31))
            days = {"Qsrq": str(start), "Jzrq": str(end)}
            part = Period(start=start, end=end)
            if dataset is Dataset.TAX_RETURN:
                yield part, days, f"{operation}/{part}"
                continue
            for side, direction in DIRECTIONS.items():
                yield part, {**days, "Fx": side}, f"{operation}/{part}/{direction}"

    def _checked(self, found: Answer, taxpayer_id: str, dataset: Dataset, locator: str) -> int:
        """The gateway's count of records for the query's whole part."""
        if text(found.payload, "Nsrsbh") != taxpayer_id:
            raise WrongTaxpayer(f"{locator} answered for another company")
        if dataset is Dataset.TAXPAYER:
            return 1
        counted = text(found.payload, "Zts")
        if not counted.isdecimal() or int(counted) > MAX_RECORDS:
            raise ContractChanged(f"{locator} does not tell its count (Zts)")
        return int(counted)


def _lacking(wsdl: bytes) -> ContractChanged | None:
    """The fault of a service that no longer declares what our copy of its WSDL does."""
    gone = sorted(names(WSDL.read_bytes()) - names(wsdl))
    return ContractChanged(f"the WSDL lacks {', '.join(gone)}") if gone else None
