"""The platform behind the connector interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from connectors.families.oauth.api import OAuthApi
from connectors.families.oauth.flow import OAuthFlow
from connectors.families.oauth.grant import Access
from connectors.http import persistently
from connectors.interface import NOTHING_HELD, AuthorizationRequest, Grant, Held, Sighting
from connectors.overlay import RouteOverlay
from schema.dataset import Dataset, Route
from schema.errors import (
    ContractChanged,
    DataConflict,
    DataCorrupt,
    GrantRevoked,
    SessionExpired,
    WrongTaxpayer,
)
from schema.period import Period
from schema.raw import RawPage

DIRECTIONS = {"ISSUED": "out", "RECEIVED": "in"}


@dataclass(frozen=True)
class _Head:
    """What a page says about itself; ``count`` is the platform's, for the whole query."""

    count: int
    items: int
    cursor: str | None


class OAuthConnector:
    """See ``connectors.interface.Connector``. ``base`` is the resource server's address."""

    route = Route.API

    def __init__(self, region: str, api: OAuthApi, overlay: RouteOverlay, base: str) -> None:
        self._region, self._api, self._base = region, api, base
        self._size = min(overlay.limits.page_size, api.portal.page_size)
        self.datasets = overlay.datasets
        self._open: dict[str, Access] = {}

    def authorize(self, request: AuthorizationRequest) -> OAuthFlow:
        return OAuthFlow(self._api, request)

    def resume(self, request: AuthorizationRequest, state: bytes) -> OAuthFlow:
        flow = self.authorize(request)
        flow.restore(state)
        return flow

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        """OAuth has no such question; the platform knows the reference and makes no second grant."""
        return None

    def standing(self, request: AuthorizationRequest, grant: Grant) -> bool | None:
        """By a renewal of the access token; the refresh token stays what it was (FAPI 2.0: no rotation)."""
        try:
            self._access(grant).renew()
        except GrantRevoked:
            return False
        return True

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """Every page carries the company's id and is checked before it is handed over. A cursor leads from
        page to page, so what is held is passed over when all pages of its query are."""
        access, sequence = self._access(grant), count()
        for locator, query in self._queries(dataset, period):
            if self._whole(locator, period, held):
                continue
            asked, seen, received = query, set[str](), 0
            for page in count(1):
                content = self._page(access, taxpayer_id, dataset, asked)
                head = _head(content, taxpayer_id, whole=dataset is Dataset.TAXPAYER)
                received += head.items
                yield RawPage(
                    dataset=dataset,
                    period=period,
                    region=self._region,
                    route=self.route,
                    source_format=f"oauth.{dataset}",
                    locator=f"{locator}#{page}",
                    sequence=next(sequence),
                    content=content,
                    content_type="application/json",
                    fetched_at=datetime.now(UTC),
                    portal_total=head.count,
                )
                if head.cursor is None:
                    break
                if head.cursor in seen or not head.items or received >= head.count:
                    raise DataConflict(f"{locator} goes on beyond its own count")
                seen.add(head.cursor)
                asked = {**query, "cursor": head.cursor}

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        self._access(grant).revoke()

    def probe(self) -> None:
        self._api.discover()

    def sight(self) -> Sighting:
        return self._api.sight()

    def close(self) -> None:
        self._api.close()

    def _access(self, grant: Grant) -> Access:
        if grant.receipt not in self._open:
            self._open[grant.receipt] = Access(self._api, grant)
        return self._open[grant.receipt]

    def _queries(self, dataset: Dataset, period: Period) -> Iterator[tuple[str, dict[str, str]]]:
        name = self._api.portal.datasets[dataset]
        days = {"from": f"{period.start}", "to": f"{period.end}", "limit": str(self._size)}
        if dataset is Dataset.TAXPAYER:
            yield name, {}
        elif dataset is Dataset.INVOICE:
            for side, direction in DIRECTIONS.items():
                yield f"{name}/{direction}", {**days, "direction": side}
        else:
            yield name, days

    def _whole(self, locator: str, period: Period, held: Held) -> bool:
        """Whether every page of a query is held, by its count."""
        total = held.get((f"{locator}#1", period))
        if total is None:
            return False
        pages = range(2, -(-total // self._size) + 1)
        return all((f"{locator}#{page}", period) in held for page in pages)

    def _page(self, access: Access, taxpayer_id: str, dataset: Dataset, query: dict[str, str]) -> bytes:
        """One page; an access token that the platform has forgotten is renewed once."""
        path = self._api.portal.resource + taxpayer_id
        if dataset is not Dataset.TAXPAYER:
            path += f"/{self._api.portal.datasets[dataset]}"

        def read() -> bytes:
            return persistently(lambda: self._api.read(path, query, self._base, access.key, access.token))

        try:
            return read()
        except SessionExpired:
            access.renew()
            return read()


def _head(content: bytes, taxpayer_id: str, *, whole: bool) -> _Head:
    """Raises ``WrongTaxpayer``, ``DataCorrupt``, ``ContractChanged``."""
    try:
        found: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"a page of {len(content)} bytes is no JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("taxpayerId"), str):
        raise ContractChanged("a page does not tell whose it is (taxpayerId)")
    if found["taxpayerId"] != taxpayer_id:
        raise WrongTaxpayer("a page is of another company")
    if whole:
        return _Head(1, 1, None)
    total, items, cursor = found.get("count"), found.get("items"), found.get("nextCursor")
    if not isinstance(total, int) or not isinstance(items, list) or not isinstance(cursor, str | None):
        raise ContractChanged("a page does not tell its count, items or nextCursor")
    return _Head(total, len(items), cursor)
