"""The gateway's counter: takes an envelope in, checks it, has its method answer, and signs what goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.families.gateway.envelope import App, bound
from sandbox.families.gateway.problems import MESSAGES, Problem
from sandbox.faults import FaultKind
from sandbox.portal import Portal
from schema.clock import BEIJING

PREFIX = "/yspt/v1/"
OWN_FAULTS = frozenset({FaultKind.THROTTLED, FaultKind.MAINTENANCE})
"""Answered in signed envelopes with a code, as a gateway does."""
SKEW = timedelta(minutes=5)
_FIELDS = ("appId", "method", "requestId", "timestamp", "nonce", "body", "sign")

Method = Callable[[dict[str, Any]], bytes]
"""From the clear request to the clear answer. Raises ``Problem``."""


class Counter:
    """The gateway's ASGI app."""

    def __init__(self, portal: Portal, app: App, methods: Mapping[str, Method]) -> None:
        self._portal, self._app, self._methods = portal, app, methods
        self._seen: dict[str, datetime] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._respond(request.url.path, await request.body())
        await response(scope, receive, send)

    def _respond(self, path: str, content: bytes) -> Response:
        fields: dict[str, str] = {}
        try:
            fields = _parsed(content)
            self._strike(path)
            answer = self._answer(path, fields)
        except Problem as problem:
            self._portal.journal.write("refused", detail=f"{path.removeprefix(PREFIX)} {problem.code}")
            return self._response(fields, problem.code, orjson.dumps(problem.body or {}), problem)
        return self._response(fields, "0", answer)

    def _response(
        self, fields: Mapping[str, str], code: str, body: bytes, problem: Problem | None = None
    ) -> Response:
        stamp = f"{datetime.now(BEIJING):%Y%m%d%H%M%S}"
        content = self._app.answer(code, MESSAGES.get(code, "成功"), fields, stamp, body)
        headers = {"Retry-After": str(problem.retry_after)} if problem and problem.retry_after else {}
        status = problem.status if problem else 200
        return Response(content, status, headers, media_type="application/json")

    def _strike(self, path: str) -> None:
        for kind, code in ((FaultKind.THROTTLED, "42901"), (FaultKind.MAINTENANCE, "50301")):
            if fault := self._portal.faults.active(kind, path):
                raise Problem(code, retry_after=max(1, round(fault.seconds)))
        if self._portal.faults.active(FaultKind.SESSION_LOST, path):
            raise Problem("40106")

    def _answer(self, path: str, fields: Mapping[str, str]) -> bytes:
        if fields["appId"] != self._app.app_id:
            raise Problem("40102")
        self._app.verified(fields)
        self._admit(fields)
        name = fields["method"]
        if path != PREFIX + name or name not in self._methods:
            raise Problem("40002")
        clear = self._app.opened(fields["body"], bound(fields, "request"))
        try:
            asked = orjson.loads(clear)
            return self._methods[name](asked)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise Problem("40003") from None

    def _admit(self, fields: Mapping[str, str]) -> None:
        """Fresh and never seen: the timestamp within ``SKEW``, ``requestId`` and ``nonce`` used once.

        By real time: a shifted sandbox clock ages codes and grants, not the wire.
        """
        now = datetime.now(BEIJING)
        try:
            sent = datetime.strptime(fields["timestamp"], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        except ValueError:
            raise Problem("40001") from None
        if abs(now - sent) > SKEW:
            raise Problem("40104")
        marks = (f"id:{fields['requestId']}", f"nonce:{fields['nonce']}")
        if any(mark in self._seen for mark in marks):
            raise Problem("40103")
        oldest = now - 2 * SKEW
        while self._seen and next(iter(self._seen.values())) < oldest:
            del self._seen[next(iter(self._seen))]
        self._seen.update(dict.fromkeys(marks, now))


def _parsed(content: bytes) -> dict[str, str]:
    try:
        fields = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Problem("40001") from None
    if not isinstance(fields, dict) or not all(isinstance(fields.get(name), str) for name in _FIELDS):
        raise Problem("40001")
    return {name: fields[name] for name in _FIELDS}
