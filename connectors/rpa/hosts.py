"""Which hosts a browser may reach: the endpoint's own, over TLS and on the open internet, unless the
deployment listed the address itself."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from connectors.addresses import is_public
from schema.errors import PortalUnavailable, RouteBroken


def checked(urls: Iterable[str], *, private: bool) -> frozenset[str]:
    """The host names of these URLs.

    Raises ``RouteBroken`` for plain HTTP or a private address that nobody listed, ``PortalUnavailable`` for a
    name that does not resolve.
    """
    parts = [urlsplit(url) for url in urls]
    hosts = frozenset(part.hostname for part in parts if part.hostname)
    if private:
        return hosts
    if any(part.scheme != "https" for part in parts):
        raise RouteBroken("a portal's page is not reached over TLS")
    for host in hosts:
        if not all(is_public(address) for address in _addresses(host)):
            raise RouteBroken(f"{host} is a private address that the deployment does not list")
    return hosts


def _addresses(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)}
    except socket.gaierror:
        raise PortalUnavailable(f"{host} does not resolve") from None
