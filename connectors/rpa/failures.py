"""From an error of the browser to its cause. Playwright may quote what was typed: no message is passed on."""

from __future__ import annotations

import re

from playwright.async_api import Error, TimeoutError

from schema.errors import (
    CertificateExpired,
    ConnectionBroken,
    PageChanged,
    PortalError,
    PortalTimeout,
    PortalUnavailable,
    RouteBroken,
)

NOWHERE = "blocked.invalid"
"""The proxy of every host that is not the portal's: a name that never resolves (RFC 2606)."""

_CAUSES: tuple[tuple[str, type[PortalError]], ...] = (
    (r"ERR_PROXY_CONNECTION_FAILED|" + re.escape(NOWHERE), RouteBroken),
    (r"ERR_TOO_MANY_REDIRECTS|Max redirect count exceeded", RouteBroken),
    (r"ERR_CERT_DATE_INVALID|CERT_HAS_EXPIRED", CertificateExpired),
    (r"ERR_(CERT|SSL)\w*", RouteBroken),
    (r"ERR_(CONNECTION_)?TIMED_OUT|ETIMEDOUT", PortalTimeout),
    (
        r"ERR_CONNECTION_REFUSED|ERR_NAME_NOT_RESOLVED|ERR_ADDRESS_\w+|ERR_INTERNET_DISCONNECTED"
        r"|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH",
        PortalUnavailable,
    ),
    (r"net::ERR_\w+|ECONNRESET|EPIPE|socket hang up|aborted", ConnectionBroken),
    (r"has been closed|Target closed|[Cc]onnection closed|[Cc]rashed|disconnected", ConnectionBroken),
)
_CALL = re.compile(r"^[A-Z]\w+\.\w+")
_OF_AN_ELEMENT = re.compile(r"waiting for (locator|selector|get_by)")


def cause(error: Error) -> PortalError:
    """The cause of ``schema.errors``, its detail the name of the call or of the network error alone."""
    text = str(error)
    call = match.group() if (match := _CALL.match(text)) else "browser"
    if isinstance(error, TimeoutError):
        return PageChanged(f"{call}: no such element") if _OF_AN_ELEMENT.search(text) else PortalTimeout(call)
    for pattern, kind in _CAUSES:
        if match := re.search(pattern, text):
            return kind(f"{call}: {match.group()}")
    return RouteBroken(f"{call} failed")
