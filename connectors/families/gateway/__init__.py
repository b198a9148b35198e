"""The bank-tax gateway (银税互动平台): signed, encrypted messages; authorization by SMS code."""

from __future__ import annotations

from connectors.families.gateway.api import GatewayApi
from connectors.families.gateway.connector import GatewayConnector
from connectors.families.gateway.messages import Keys
from connectors.families.gateway.portal import PORTAL
from connectors.http import PortalHttp
from connectors.interface import Connector
from connectors.registry import Endpoint, Tools


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The API route of a region. ``target.keys`` as the README lists them, else ``RouteBroken``."""
    limits = target.overlay.limits
    http = PortalHttp(
        target.base_url,
        private=target.private,
        timeout_seconds=limits.timeout_seconds,
        connections=limits.concurrency,
        recorder=tools.recorder,
    )
    api = GatewayApi(http, Keys.parse(target.keys), PORTAL)
    return GatewayConnector(target.region, api, target.overlay, PORTAL)
