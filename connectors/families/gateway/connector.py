"""The gateway behind the connector interface."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from connectors.families.gateway.api import GatewayApi
from connectors.families.gateway.collection import Collection
from connectors.families.gateway.portal import PortalData
from connectors.interface import NOTHING_HELD, Grant, Held, Sighting
from connectors.jsondoor import JsonDoor
from connectors.overlay import RouteOverlay
from connectors.smsgrant import SmsRoute
from schema.dataset import Dataset
from schema.period import Period
from schema.raw import RawPage


class GatewayConnector(SmsRoute):
    """See ``connectors.interface.Connector``."""

    def __init__(self, region: str, api: GatewayApi, overlay: RouteOverlay, portal: PortalData) -> None:
        super().__init__(JsonDoor(api, portal.authorization))
        self._region, self._api, self._portal = region, api, portal
        self._limits, self.datasets = overlay.limits, overlay.datasets

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """Every answer carries the company's id and is checked before it is handed over."""
        collection = Collection(
            self._api, self._portal, self._region, self._limits, taxpayer_id, grant.secret
        )
        return collection.pages(dataset, period, held)

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Idempotent at the gateway."""
        asked = {"nsrsbh": taxpayer_id, **orjson.loads(grant.secret)}
        self._api.call("authorization.revoke", asked)

    def probe(self) -> None:
        self._api.call("health", {})

    def sight(self) -> Sighting:
        return self._api.sight()

    def close(self) -> None:
        self._api.close()
