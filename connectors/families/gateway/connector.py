"""The gateway behind the connector interface."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from connectors.families.gateway.api import GatewayApi
from connectors.families.gateway.collection import Collection
from connectors.families.gateway.flow import GatewayFlow
from connectors.families.gateway.portal import PortalData
from connectors.interface import AuthorizationRequest, Grant
from connectors.overlay import RouteOverlay
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage


class GatewayConnector:
    """See ``connectors.interface.Connector``."""

    route = Route.API

    def __init__(self, region: str, api: GatewayApi, overlay: RouteOverlay, portal: PortalData) -> None:
        self._region, self._api, self._portal = region, api, portal
        self._limits, self.datasets = overlay.limits, overlay.datasets

    def authorize(self, request: AuthorizationRequest) -> GatewayFlow:
        return GatewayFlow(self._api, self._portal, request)

    def resume(self, request: AuthorizationRequest, state: bytes) -> GatewayFlow:
        flow = self.authorize(request)
        flow.check(state)
        return flow

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        return self.authorize(request).existing()

    def fetch(self, grant: Grant, taxpayer_id: str, dataset: Dataset, period: Period) -> Iterator[RawPage]:
        """Every answer carries the company's id and is checked before it is handed over."""
        collection = Collection(
            self._api, self._portal, self._region, self._limits, taxpayer_id, grant.secret
        )
        return collection.pages(dataset, period)

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Idempotent at the gateway."""
        asked = {"nsrsbh": taxpayer_id, **orjson.loads(grant.secret)}
        self._api.call("authorization.revoke", asked)

    def probe(self) -> None:
        self._api.call("health", {})

    def close(self) -> None:
        self._api.close()
