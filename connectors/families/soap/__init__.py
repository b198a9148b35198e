"""The SOAP gateway: XML messages signed as WS-Security has it; authorization by SMS code."""

from __future__ import annotations

from connectors.families.soap.api import SoapApi
from connectors.families.soap.connector import SoapConnector
from connectors.families.soap.messages import Keys
from connectors.families.soap.portal import PortalData
from connectors.http import PortalHttp
from connectors.interface import Connector
from connectors.registry import Endpoint, Tools


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The API route of a region. ``target.keys`` as the README lists them, else ``RouteBroken``."""
    limits, portal = target.overlay.limits, PortalData.of(target.overlay)
    http = PortalHttp(
        target.base_url,
        private=target.private,
        timeout_seconds=limits.timeout_seconds,
        connections=limits.concurrency,
        recorder=tools.recorder,
    )
    return SoapConnector(
        target.region, SoapApi(http, Keys.parse(target.keys), portal), target.overlay, portal
    )
