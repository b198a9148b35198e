"""Time-stamps by RFC 3161: a third party's word that the bank's signature existed at a moment.

The request goes out after the tap, by a scheduled job, so that a slow service holds nobody up. What is
stamped is the signature over the artefact, as SHA-256; services that stamp SM3 alone are not supported by the
library.
"""

from __future__ import annotations

from datetime import datetime

import requests
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import PKIStatus

from schema.errors import TimestampRefused

_SECONDS = 20
_LARGEST = 64 * 1024


class TimestampService:
    """A service at a URL whose certificate leads to one of these roots."""

    def __init__(self, url: str, roots: list[x509.Certificate]) -> None:
        self._url, self._roots = url, roots

    def stamp(self, content: bytes) -> bytes:
        """The service's verified response (DER) over ``content``. Raises ``TimestampRefused``."""
        asked = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            reply = requests.post(
                self._url,
                data=asked.as_bytes(),
                headers={"content-type": "application/timestamp-query"},
                timeout=_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TimestampRefused(f"not reachable ({type(error).__name__})") from None
        if reply.status_code != 200 or len(reply.content) > _LARGEST:
            raise TimestampRefused(f"status {reply.status_code}")
        response = _decoded(reply.content)
        _verify(VerifierBuilder.from_request(asked), self._roots, response, content)
        return reply.content

    def stamped_at(self, response: bytes, content: bytes) -> datetime:
        """When ``content`` was stamped. Raises ``TimestampRefused`` unless the response is over ``content``
        and was signed under one of the roots."""
        decoded = _decoded(response)
        _verify(VerifierBuilder(), self._roots, decoded, content)
        return decoded.tst_info.gen_time


def roots(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file."""
    return x509.load_pem_x509_certificates(pem)


def _decoded(content: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(content)
    except ValueError:
        raise TimestampRefused("no time-stamp response") from None
    if PKIStatus(response.status) not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        raise TimestampRefused(f"status {PKIStatus(response.status).name.lower()}")
    return response


def _verify(
    builder: VerifierBuilder, roots: list[x509.Certificate], response: TimeStampResponse, content: bytes
) -> None:
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, content)
    except (VerificationError, ValueError) as error:
        raise TimestampRefused(str(error)) from None
