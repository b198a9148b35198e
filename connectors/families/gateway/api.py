"""The gateway's methods, called: one message out, one verified answer back, every refusal as its cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.families.gateway.messages import Keys, answer, request
from connectors.families.gateway.portal import PortalData
from connectors.http import PortalHttp, is_json, persistently, refuse_status, retry_at
from schema.errors import ContractChanged, DataCorrupt, TaxlinkError


class Refusal(Exception):
    """The gateway refused with a code of its own. ``body`` is what came with it."""

    def __init__(self, code: str, body: bytes) -> None:
        super().__init__(code)
        self.code, self.body = code, body


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
        now = datetime.now(UTC)
        request_id, content = request(self._keys, method, orjson.dumps(dict(asked)), now)
        got = self._http.post(self._portal.prefix + method, content, "application/json")
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

    def close(self) -> None:
        self._http.close()


def refusal(error: TaxlinkError) -> Refusal | None:
    """The gateway's own code and body behind a cause, where the gateway gave one."""
    return error.__cause__ if isinstance(error.__cause__, Refusal) else None


def parsed(content: bytes, required: Mapping[str, type]) -> dict[str, Any]:
    """The JSON object, its required keys checked. Raises ``ContractChanged`` naming the key."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ContractChanged("a body is no JSON") from None
    if not isinstance(found, dict):
        raise ContractChanged("a body is no object")
    for name, kind in required.items():
        if not isinstance(found.get(name), kind):
            raise ContractChanged(f"a body lacks {name} as {kind.__name__}")
    return found
