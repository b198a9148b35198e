"""The portal's methods, called: JSON out, JSON or a file back, both ways under an HMAC.

A request carries ``X-App-Id``, ``X-Timestamp`` (seconds), ``X-Nonce`` and ``X-Sign``, the hex HMAC-SHA256
under the shared secret of method, path, timestamp, nonce and the body's SHA-256, one a line; an answer's
``X-Sign`` covers ``answer``, the request's nonce, the status and the body's SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.drift.answers import sighted
from connectors.families.filedrop.portal import PortalData
from connectors.http import HttpAnswer, PortalHttp, is_json, persistently, refuse_status, retry_at
from connectors.interface import Sighting
from connectors.jsondoor import Refusal
from schema.errors import ContractChanged, DataCorrupt, RouteBroken, SignatureInvalid


@dataclass(frozen=True)
class Keys:
    """The bank's registration at a portal."""

    app_id: str
    app_secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Keys:
        """From ``app_id`` and ``app_secret`` (hex, 32 bytes). Raises ``RouteBroken`` naming the key alone."""
        try:
            secret = bytes.fromhex(given["app_secret"])
        except (KeyError, ValueError):
            secret = b""
        if len(secret) != 32 or not given.get("app_id"):
            raise RouteBroken("the portal's app_id or app_secret is missing or malformed")
        return cls(given["app_id"], secret)

    def sign(self, *parts: str) -> str:
        return hmac.new(self.app_secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


class FiledropApi:
    """Threads may share it."""

    def __init__(self, http: PortalHttp, keys: Keys, portal: PortalData) -> None:
        self._http, self._keys, self._portal = http, keys, portal

    def call(self, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """``data`` of a success, tried again while that helps. Raises the causes of ``schema.errors``."""
        return persistently(lambda: self.once(method, asked))

    def once(self, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """``call`` without a second try."""
        nonce, got = self._exchange("POST", method, orjson.dumps(dict(asked)))
        data = self._told(method, nonce, got)
        if not isinstance(data, dict):
            raise ContractChanged(f"{method} answers no object")
        return data

    def file(self, name: str) -> bytes:
        """A finished file as it came: the caller holds it against the digest that the portal signed."""
        nonce, got = persistently(lambda: self._exchange("GET", f"files/{name}", b""))
        if got.status != 200 or is_json(got.headers):
            self._told("files", nonce, got)
            raise ContractChanged("a message was answered in place of a file")
        return got.body

    def sight(self) -> Sighting:
        """What the portal's health is answered with."""
        nonce, got = persistently(lambda: self._exchange("POST", "health", b"{}"))
        return sighted(got, lambda: self._told("health", nonce, got))

    def close(self) -> None:
        self._http.close()

    def _exchange(self, verb: str, method: str, content: bytes) -> tuple[str, HttpAnswer]:
        """(nonce, answer)."""
        path, nonce, stamp = self._portal.prefix + method, secrets.token_hex(16), str(int(time.time()))
        headers = {
            "X-App-Id": self._keys.app_id,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Sign": self._keys.sign(verb, path, stamp, nonce, _sha256(content)),
        }
        if verb == "GET":
            return nonce, self._http.get(path, headers=headers)
        return nonce, self._http.post(path, content, "application/json", headers=headers)

    def _told(self, method: str, nonce: str, got: HttpAnswer) -> object:
        """``data`` of a success. Raises the cause of a refusal; an unsigned answer has that of its status."""
        if "X-Sign" not in got.headers:
            refuse_status(got.status, got.headers, method)
            raise ContractChanged(f"{method} answered {got.status} unsigned")
        try:
            told = orjson.loads(got.body)
        except orjson.JSONDecodeError:
            raise DataCorrupt(f"{method} answered {len(got.body)} bytes that are no JSON") from None
        signed = self._keys.sign("answer", nonce, str(got.status), _sha256(got.body))
        if not hmac.compare_digest(got.headers["X-Sign"].encode(), signed.encode()):
            raise SignatureInvalid
        if not isinstance(told, dict) or not isinstance(told.get("code"), str):
            raise ContractChanged(f"{method} answers without a code")
        if told["code"] == "0":
            return told.get("data")
        cause = self._portal.cause(told["code"])
        error = cause(f"{method} was refused with {told['code']}", retry_at=retry_at(got.headers))
        raise error from Refusal(told["code"], told.get("data"))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
