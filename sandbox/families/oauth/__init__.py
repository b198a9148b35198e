"""An OAuth 2 data platform after the FAPI 2.0 security profile. The connector's README describes the wire.

Three addresses: the usual one; ``signed``, which asks for message signing (JAR, JARM); and ``mtls``, over
TLS, which knows the bank by its certificate. All share one register of requests, grants and tokens.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.families.oauth.applications import Applications
from sandbox.families.oauth.data import Data
from sandbox.families.oauth.endpoints import Endpoints
from sandbox.families.oauth.people import People
from sandbox.families.oauth.proofs import Proofs
from sandbox.families.oauth.registration import Registration
from sandbox.portal import Built, Portal


def build(portal: Portal) -> Built:
    """The platform with one registered bank. ``keys``: as the connector's README lists them."""
    registration, applications = Registration.made(), Applications(portal)
    proofs = Proofs(registration)
    data = Data(proofs, applications)

    def app(*, signing: bool) -> Starlette:
        endpoints = Endpoints(registration, proofs, applications, signing=signing)
        people = People(endpoints, applications)
        return Starlette(routes=[*endpoints.routes(), *people.routes(), *data.routes()])

    return Built(
        app(signing=False),
        keys=registration.client_keys(),
        hosts={"signed": app(signing=True), "mtls": _Known(app(signing=False))},
        tls={"mtls": registration.tls()},
    )


class _Known:
    """Tells the app whose certificate the connection was opened with, which uvicorn does not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bound: Any = send
        certificate = bound.__self__.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        peer = hashlib.sha256(certificate or b"").hexdigest()
        await self._app({**scope, "peer": peer}, receive, send)
