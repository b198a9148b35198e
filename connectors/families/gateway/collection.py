"""Collecting one dataset: the period cut to the gateway's cap, both directions of invoices, the next page on
its way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from connectors.families.gateway.api import GatewayApi
from connectors.families.gateway.portal import PortalData
from connectors.overlay import Limits
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, DataCorrupt, WrongTaxpayer
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

    def pages(self, dataset: Dataset, period: Period) -> Iterator[RawPage]:
        """Every page, the next ones under way on helper threads while the caller works on this one."""
        waiting = deque(self.queries(dataset, period))
        under_way: deque[Future[Got]] = deque()
        with ThreadPoolExecutor(self._ahead, thread_name_prefix="gateway-page") as helpers:
            try:
                for sequence in count():
                    while waiting and len(under_way) < self._ahead:
                        under_way.append(helpers.submit(self._get, waiting.popleft()))
                    if not under_way:
                        return
                    got = under_way.popleft().result()
                    waiting.extendleft(reversed(self._rest(got)))
                    yield self._raw(dataset, sequence, got)
            finally:
                for future in under_way:
                    future.cancel()

    def _raw(self, dataset: Dataset, sequence: int, got: Got) -> RawPage:
        query = got.query
        return RawPage(
            dataset=dataset,
            period=query.period,
            region=self._region,
            route=Route.API,
            source_format=f"gateway.{dataset}",
            locator=f"{query.locator}#{query.page}" if query.page else query.locator,
            sequence=sequence,
            content=got.content,
            content_type="application/json",
            fetched_at=got.fetched_at,
            portal_total=got.total,
        )

    def queries(self, dataset: Dataset, period: Period) -> Iterator[Query]:
        """The first query of each part of the period (and direction), oldest first."""
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

    def _get(self, query: Query) -> Got:
        content = self._api.call(query.method, query.asked)
        found = head(content)
        if found.taxpayer_id != self._taxpayer_id:
            raise WrongTaxpayer(f"{query.locator} answered for another company")
        counted = query.method != self._portal.methods[Dataset.TAXPAYER]
        if counted and found.total is None:
            raise ContractChanged(f"{query.locator} does not tell its count (zts)")
        return Got(query, content, found.total if counted else 1, datetime.now(UTC))

    def _rest(self, got: Got) -> list[Query]:
        """The pages after a first one, as its total tells."""
        query, total = got.query, got.total
        if query.page != 1 or total is None:
            return []
        if total > MAX_RECORDS:
            raise ContractChanged(f"{query.locator} counts {total} records")
        last = -(-total // self._size)
        return [replace(query, page=page, asked={**query.asked, "ys": page}) for page in range(2, last + 1)]


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
