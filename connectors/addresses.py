"""No private address unless the deployment lists it (DESIGN §8, rule 6): checked on the connected socket
itself.

The peer is what counts, not the name: a name that resolves to a public address first and a private one later
gets nowhere. Also here, because it needs the socket: the head of an answer arrives in time, or not at all.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse

from connectors.deadline import deadline

PATIENT_ANSWER = 3
"""Timeouts that the head of an answer may take, and its body: one timeout is for each wait on the socket."""


def is_public(address: str) -> bool:
    """Whether an IP address is of the open internet; an IPv4 address inside an IPv6 one counts as itself."""
    found = ipaddress.ip_address(address.split("%")[0])
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_global


class _HTTP(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        return _in_time(self, super().getresponse)


class _HTTPS(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        return _in_time(self, super().getresponse)


class _PublicHTTP(_HTTP):
    def _new_conn(self) -> socket.socket:
        return _checked(self, super()._new_conn())


class _PublicHTTPS(_HTTPS):
    def _new_conn(self) -> socket.socket:
        return _checked(self, super()._new_conn())


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPS


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


def _in_time(connection: HTTPConnection, receive: Callable[[], HTTPResponse]) -> HTTPResponse:
    """The head of an answer."""

    def hang_up() -> None:
        if connection.sock is not None:
            # Below TLS, whose own shutdown is not for another thread.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    assert isinstance(connection.timeout, float | int)
    with deadline(connection.timeout * PATIENT_ANSWER, hang_up) as kept:
        try:
            received = receive()
        except (OSError, http.client.HTTPException):
            if kept.over:
                raise TimeoutError("timed out") from None
            raise
    if kept.over:
        raise TimeoutError("timed out")
    return received


def _checked(connection: HTTPConnection, peer: socket.socket) -> socket.socket:
    if not is_public(str(peer.getpeername()[0])):
        peer.close()
        raise NewConnectionError(connection, "private address refused")
    return peer


def adapter(*, connections: int, private: bool, tls: ssl.SSLContext | None = None) -> HTTPAdapter:
    """A pool of so many connections. Unless ``private``, one to a private address is closed unused. ``tls``
    carries the client's certificate and what it trusts besides the public authorities."""
    made = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0, pool_block=True)
    plain, secure = (_HTTPPool, _HTTPSPool) if private else (_PublicHTTPPool, _PublicHTTPSPool)
    made.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}
    if tls is not None:
        made.poolmanager.connection_pool_kw["ssl_context"] = tls
    return made
