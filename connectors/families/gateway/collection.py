"""Collecting one dataset: the period cut to the gateway's cap, both directions of invoices, the next page on
its way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from connectors import jsonhead
from connectors.families.gateway.api import GatewayApi
from connectors.families.gateway.portal import PortalData
from connectors.interface import Held
from connectors.overlay import Limits
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, TooManyRecords, WrongTaxpayer
from schema.period import Period
from schema.raw import RawPage

AHEAD = 3
"""Pages under way at once: one that the portal prepares, one on the wire, one that we open."""
MAX_RECORDS = 5_000_000
"""A count beyond this within a year is no count."""
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
    table: str = ""
    """Of a dataset whose tables come one by one."""

    @property
    def place(self) -> tuple[str, Period]:
        """See ``connectors.interface.Held``."""
        return (f"{self.locator}#{self.page}" if self.page else self.locator), self.period


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
        limits: Limits,
        taxpayer_id: str,
        secret: bytes,
    ) -> None:
        self._api, self._portal, self._region, self._taxpayer_id = api, portal, region, taxpayer_id
        self._size, self._ahead = limits.page_size, min(AHEAD, limits.concurrency)
        self._base: dict[str, Any] = {"nsrsbh": taxpayer_id, **orjson.loads(secret)}

    def pages(self, dataset: Dataset, period: Period, held: Held) -> Iterator[RawPage]:
        """Every page that is not held, the next ones under way on helper threads while the caller works on
        this one. A period that has too many records for one query is asked for in halves."""
        waiting = deque(self._left(self.queries(dataset, period), held))
        under_way: deque[tuple[Query, Future[Got]]] = deque()
        sequence = count()
        with ThreadPoolExecutor(self._ahead, thread_name_prefix="gateway-page") as helpers:
            try:
                while waiting or under_way:
                    while waiting and len(under_way) < self._ahead:
                        query = waiting.popleft()
                        under_way.append((query, helpers.submit(self._get, query)))
                    query, future = under_way.popleft()
                    try:
                        got = future.result()
                    except TooManyRecords:
                        halves = self._halves(dataset, query)
                        waiting.extendleft(reversed(list(self._left(halves, held))))
                        continue
                    waiting.extendleft(reversed(self._rest(query, got.total)))
                    yield self._raw(dataset, next(sequence), got)
            finally:
                for _, future in under_way:
                    future.cancel()

    def _left(self, first_pages: Iterable[Query], held: Held) -> Iterator[Query]:
        """What is not held of these queries: whole, or the pages after one that told their number."""
        for query in first_pages:
            if query.place in held:
                yield from (page for page in self._rest(query, held[query.place]) if page.place not in held)
            else:
                yield query

    def _halves(self, dataset: Dataset, query: Query) -> Iterator[Query]:
        """A query in two. Raises ``TooManyRecords`` for one of a single day, and for a page after the
        first."""
        halves = query.period.halves()
        if halves is None or query.page > 1:
            raise TooManyRecords(f"{query.locator} cannot be asked for in less")
        for half in halves:
            yield from (each for each in self.queries(dataset, half) if _same_side(each, query))

    def _raw(self, dataset: Dataset, sequence: int, got: Got) -> RawPage:
        query = got.query
        return RawPage(
            dataset=dataset,
            period=query.period,
            region=self._region,
            route=Route.API,
            source_format=f"gateway.{query.table or dataset}",
            locator=query.place[0],
            sequence=sequence,
            content=got.content,
            content_type="application/json",
            fetched_at=got.fetched_at,
            portal_total=got.total,
        )

    def queries(self, dataset: Dataset, period: Period) -> Iterator[Query]:
        """The first query of each part of the period (and table, or direction), oldest first."""
        if dataset in self._portal.listings:
            yield from self._listings(dataset, period)
            return
        method = self._portal.methods[dataset]
        if dataset in (Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING):
            yield Query(method, self._base, period, method)
            return
        for part in period.parts(self._portal.months_per_query):
            start, end = f"{part.start:%Y%m%d}", f"{part.end:%Y%m%d}"
            if dataset is Dataset.TAX_RETURN:
                yield Query(method, {**self._base, "ssqq": start, "ssqz": end}, part, f"{method}/{part}")
                continue
            for side, direction in DIRECTIONS.items():
                asked = {**self._base, "kprqq": start, "kprqz": end, "fx": side, "ys": 1, "mys": self._size}
                yield Query(method, asked, part, f"{method}/{part}/{direction}", page=1)

    def _listings(self, dataset: Dataset, period: Period) -> Iterator[Query]:
        for part in period.parts(self._portal.months_per_query):
            asked = {**self._base, "ssqq": f"{part.start:%Y%m%d}", "ssqz": f"{part.end:%Y%m%d}"}
            for table, method in self._portal.listings[dataset].items():
                yield Query(method, asked, part, f"{method}/{part}", table=table)

    def _get(self, query: Query) -> Got:
        content = self._api.call(query.method, query.asked)
        found = head(content)
        if found.taxpayer_id != self._taxpayer_id:
            raise WrongTaxpayer(f"{query.locator} answered for another company")
        counted = query.method != self._portal.methods[Dataset.TAXPAYER]
        if counted and found.total is None:
            raise ContractChanged(f"{query.locator} does not tell its count (zts)")
        return Got(query, content, found.total if counted else 1, datetime.now(UTC))

    def _rest(self, query: Query, total: int | None) -> list[Query]:
        """The pages after a first one, as its total tells."""
        if query.page != 1 or total is None:
            return []
        if total > MAX_RECORDS:
            raise ContractChanged(f"{query.locator} counts {total} records")
        last = -(-total // self._size)
        return [replace(query, page=page, asked={**query.asked, "ys": page}) for page in range(2, last + 1)]


def _same_side(one: Query, other: Query) -> bool:
    return (one.method, one.asked.get("fx")) == (other.method, other.asked.get("fx"))


@dataclass(frozen=True)
class Head:
    """What a page says about itself: whose it is, and the count of records for the query."""

    taxpayer_id: str
    total: int | None


def head(content: bytes) -> Head:
    """Raises ``DataCorrupt`` for a page that is no JSON, ``ContractChanged`` for one without a company's
    id."""
    found = jsonhead.head(content)
    if not isinstance(found, dict) or not isinstance(found.get("nsrsbh"), str):
        raise ContractChanged("a page does not tell whose it is (nsrsbh)")
    total = found.get("zts")
    return Head(found["nsrsbh"], total if isinstance(total, int) else None)
