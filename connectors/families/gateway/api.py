"""The gateway's methods, called: one message out, one verified answer back, every refusal as its cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.drift.answers import sighted
from connectors.families.gateway.messages import Keys, answer, request
from connectors.families.gateway.portal import PortalData
from connectors.http import HttpAnswer, PortalHttp, is_json, persistently, refuse_status, retry_at
from connectors.interface import Sighting
from connectors.jsondoor import Refusal
from schema.errors import ContractChanged, DataCorrupt


class GatewayApi:
    """Threads may share it."""

    def __init__(self, http: PortalHttp, keys: Keys, portal: PortalData) -> None:
        self._http, self._keys, self._portal = http, keys, portal

    def call(self, method: str, asked: Mapping[str, Any]) -> bytes:
        """The clear JSON of a success, tried again while that helps. Raises the causes of
        ``schema.errors``."""
        return persistently(lambda: self.once(method, asked))

    def once(self, method: str, asked: Mapping[str, Any]) -> bytes:
        """``call`` without a second try."""
        return self._told(method, *self._exchange(method, asked))

    def sight(self) -> Sighting:
        """What the gateway's health is answered with."""
        request_id, got = persistently(lambda: self._exchange("health", {}))
        return sighted(got, lambda: self._told("health", request_id, got))

    def close(self) -> None:
        self._http.close()

    def _exchange(self, method: str, asked: Mapping[str, Any]) -> tuple[str, HttpAnswer]:
        """(requestId, answer)."""
        now = datetime.now(UTC)
        request_id, content = request(self._keys, method, orjson.dumps(dict(asked)), now)
        return request_id, self._http.post(self._portal.prefix + method, content, "application/json")

    def _told(self, method: str, request_id: str, got: HttpAnswer) -> bytes:
        """The clear JSON of a success. Raises the cause of a refusal."""
        try:
            reply = answer(self._keys, request_id, got.body)
        except (ContractChanged, DataCorrupt):
            refuse_status(got.status, got.headers, method)
            if got.status != 200 or not is_json(got.headers):
                raise ContractChanged(
                    f"{method} answered {got.status} with something else than JSON"
                ) from None
            raise
        if reply.code == "0":
            refuse_status(got.status, got.headers, method)
            return reply.body
        cause = self._portal.cause(reply.code)
        error = cause(f"{method} was refused with {reply.code}", retry_at=retry_at(got.headers))
        raise error from Refusal(reply.code, reply.body)
