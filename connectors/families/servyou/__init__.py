"""河北's e-tax bureau on the Servyou pattern: JSON both ways, returns as XML documents."""

from __future__ import annotations

from connectors.bureau.connector import BureauConnector
from connectors.families.servyou.api import PORTAL, ServyouDesk
from connectors.families.servyou.collection import Collection
from connectors.http import PortalHttp
from connectors.interface import Connector
from connectors.registry import Endpoint, Tools


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The API route of a region."""
    limits = target.overlay.limits
    http = PortalHttp(
        target.base_url,
        private=target.private,
        timeout_seconds=limits.timeout_seconds,
        connections=limits.concurrency,
        recorder=tools.recorder,
    )
    desk = ServyouDesk(http, PORTAL)
    return BureauConnector(target.region, desk, target.overlay, Collection(desk).pages)
