"""北京's e-tax bureau on the Foresee pattern: forms in, JSON within JSON out, returns as saved forms."""

from __future__ import annotations

from connectors.bureau.connector import BureauConnector
from connectors.families.foresee.api import PORTAL, ForeseeDesk
from connectors.families.foresee.collection import Collection
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
    desk = ForeseeDesk(http, PORTAL)
    return BureauConnector(target.region, desk, target.overlay, Collection(desk).pages)
