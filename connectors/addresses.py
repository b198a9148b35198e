"""No private address unless the deployment lists it (DESIGN §8, rule 6): checked on the connected socket
itself.

The peer is what counts, not the name: a name that resolves to a public address first and a private one later
gets nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError


def is_public(address: str) -> bool:
    """Whether an IP address is of the open internet; an IPv4 address inside an IPv6 one counts as itself."""
    found = ipaddress.ip_address(address.split("%")[0])
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_global


class _PublicHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(self, super()._new_conn())


class _PublicHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(self, super()._new_conn())


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


def _checked(connection: HTTPConnection, peer: socket.socket) -> socket.socket:
    if not is_public(str(peer.getpeername()[0])):
        peer.close()
        raise NewConnectionError(connection, "private address refused")
    return peer


def adapter(*, connections: int, private: bool, tls: ssl.SSLContext | None = None) -> HTTPAdapter:
    """A pool of so many connections. Unless ``private``, one to a private address is closed unused. ``tls``
    carries the client's certificate and what it trusts besides the public authorities."""
    made = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0, pool_block=True)
    if not private:
        made.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
    if tls is not None:
        made.poolmanager.connection_pool_kw["ssl_context"] = tls
    return made
