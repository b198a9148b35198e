"""Collecting one dataset: the period cut to the gateway's cap, both directions of invoices, the next page on
its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.families.gateway.api import GatewayApi
from connectors.families.gateway.portal import PortalData
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, DataCorrupt, WrongTaxpayer
from schema.period import Period, add_months
from schema.raw import RawPage

DIRECTIONS = {"1": "out", "2": "in"}
"""方向 of the gateway: 1 销项 (issued), 2 进项 (received)."""


@dataclass(frozen=True)
class Query:
    """One request: ``page`` counts from 1; 0 for a dataset that comes whole."""

    method: str
    asked: Mapping[str, Any]
    period: Period
    locator: str
    page: int = 0

    def next(self) -> Query:
        """The page after this one."""
        return replace(self, page=self.page + 1, asked={**self.asked, "ys": self.page + 1})


@dataclass(frozen=True)
class Got:
    """A query's clear answer. ``total`` is the gateway's count of records for the query's whole period."""

    query: Query
    content: bytes
    total: int | None
    fetched_at: datetime


class Collection:
    """One dataset of one company under one grant."""

    def __init__(
        self,
        api: GatewayApi,
        portal: PortalData,
        region: str,
        page_size: int,
        taxpayer_id: str,
        secret: bytes,
    ) -> None:
        self._api, self._portal, self._region, self._size = api, portal, region, page_size
        self._taxpayer_id = taxpayer_id
        self._base: dict[str, Any] = {"nsrsbh": taxpayer_id, **orjson.loads(secret)}

    def pages(self, dataset: Dataset, period: Period) -> Iterator[RawPage]:
        """Every page in order, the one after under way on a helper thread while the caller works on the one
        before."""
        with ThreadPoolExecutor(1, thread_name_prefix="gateway-page") as helper:
            waiting = self.queries(dataset, period)
            ahead = self._send(helper, next(waiting, None))
            sequence = 0
            while ahead is not None:
                got = ahead.result()
                ahead = self._send(helper, self._after(got) or next(waiting, None))
                yield RawPage(
                    dataset=dataset,
                    period=got.query.period,
                    region=self._region,
                    route=Route.API,
                    source_format=f"gateway.{dataset}",
                    locator=f"{got.query.locator}#{got.query.page}" if got.query.page else got.query.locator,
                    sequence=sequence,
                    content=got.content,
                    content_type="application/json",
                    fetched_at=got.fetched_at,
                    portal_total=got.total,
                )
                sequence += 1

    def queries(self, dataset: Dataset, period: Period) -> Iterator[Query]:
        """The first query of each part of the period (and direction), oldest first."""
        method = self._portal.methods[dataset]
        if dataset in (Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING):
            yield Query(method, self._base, period, method)
            return
        for part in parts(period, self._portal.months_per_query):
            start, end = f"{part.start:%Y%m%d}", f"{part.end:%Y%m%d}"
            if dataset is Dataset.TAX_RETURN:
                yield Query(method, {**self._base, "ssqq": start, "ssqz": end}, part, f"{method}/{part}")
                continue
            for side, direction in DIRECTIONS.items():
                asked = {**self._base, "kprqq": start, "kprqz": end, "fx": side, "ys": 1, "mys": self._size}
                yield Query(method, asked, part, f"{method}/{part}/{direction}", page=1)

    def _send(self, helper: ThreadPoolExecutor, query: Query | None) -> Future[Got] | None:
        return helper.submit(self._get, query) if query is not None else None

    def _get(self, query: Query) -> Got:
        content = self._api.call(query.method, query.asked)
        found = head(content)
        if found.taxpayer_id != self._taxpayer_id:
            raise WrongTaxpayer(f"{query.locator} answered for another company")
        counted = query.method != self._portal.methods[Dataset.TAXPAYER]
        if counted and found.total is None:
            raise ContractChanged(f"{query.locator} does not tell its count (zts)")
        return Got(query, content, found.total if counted else 1, datetime.now(UTC))

    def _after(self, got: Got) -> Query | None:
        if not got.query.page or got.total is None or got.query.page * self._size >= got.total:
            return None
        return got.query.next()


def parts(period: Period, months: int) -> Iterator[Period]:
    """The period cut into parts of at most ``months`` months, oldest first."""
    start = period.start
    while start <= period.end:
        end = min(period.end, add_months(start, months) - timedelta(days=1))
        yield Period(start=start, end=end)
        start = end + timedelta(days=1)


@dataclass(frozen=True)
class Head:
    """What a page says about itself: whose it is, and the count of records for the query."""

    taxpayer_id: str
    total: int | None


def head(content: bytes) -> Head:
    """The top-level fields of a page, read without its rows: a page has one list, the megabyte between the
    brackets.

    Raises ``DataCorrupt`` for a page that is no JSON, ``ContractChanged`` for one without a company's id.
    """
    first, last = content.find(b"["), content.rfind(b"]")
    brief = content if first < 0 or last < first else content[: first + 1] + content[last:]
    try:
        found = orjson.loads(brief)
    except orjson.JSONDecodeError:
        found = _whole(content)
    if not isinstance(found, dict) or not isinstance(found.get("nsrsbh"), str):
        raise ContractChanged("a page does not tell whose it is (nsrsbh)")
    total = found.get("zts")
    return Head(found["nsrsbh"], total if isinstance(total, int) else None)


def _whole(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"a page of {len(content)} bytes is no JSON") from None
