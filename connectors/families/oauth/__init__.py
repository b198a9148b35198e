"""An OAuth 2 data platform after the FAPI 2.0 security profile: approval in the tax app, or by signing in."""

from __future__ import annotations

from connectors.families.oauth.api import OAuthApi
from connectors.families.oauth.client import Client
from connectors.families.oauth.connector import OAuthConnector
from connectors.families.oauth.portal import PORTAL
from connectors.http import PortalHttp
from connectors.interface import Connector
from connectors.registry import Endpoint, Tools


def connect(target: Endpoint, tools: Tools) -> Connector:
    """The API route of a region. ``target.keys`` as the README lists them, else ``RouteBroken``."""
    limits, client = target.overlay.limits, Client.parse(target.keys)

    def reach(origin: str) -> PortalHttp:
        return PortalHttp(
            origin,
            private=target.private,
            timeout_seconds=limits.timeout_seconds,
            connections=limits.concurrency,
            tls=client.tls,
            recorder=tools.recorder,
        )

    api = OAuthApi(target.base_url, client, PORTAL, reach)
    return OAuthConnector(target.region, api, target.overlay, target.hosts.get("resource", target.base_url))
