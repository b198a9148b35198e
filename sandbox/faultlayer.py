"""The faults that strike any portal alike, as a layer around its app.

``wrong_company``, ``layout_changed`` and ``session_lost`` concern the content: a family asks
``FaultTable.active`` for them itself.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import Fault, FaultKind, FaultTable

ADMIN = "/_sandbox/"
"""Paths with this in them are the sandbox's own; no fault and no latency strikes them."""


class FaultLayer:
    """Outermost ASGI middleware: it closes connections itself. ``own`` faults are left to the app."""

    def __init__(
        self, app: ASGIApp, faults: FaultTable, latency_seconds: float, own: frozenset[FaultKind]
    ) -> None:
        self._app, self._faults, self._latency, self._own = app, faults, latency_seconds, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or ADMIN in scope["path"]:
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if self._latency:
            await asyncio.sleep(self._latency)
        if slow := self._active(FaultKind.SLOW, path):
            await asyncio.sleep(slow.seconds)
        if self._active(FaultKind.DOWN, path):
            await _hang_up(receive, send)
        elif answer := self._answer(path):
            await answer(scope, receive, send)
        elif self._active(FaultKind.TRUNCATED, path):
            await self._half(scope, receive, send, honest=True)
        elif self._active(FaultKind.BROKEN, path):
            await self._half(scope, receive, send, honest=False)
        else:
            await self._app(scope, receive, send)

    def _active(self, kind: FaultKind, path: str) -> Fault | None:
        return None if kind in self._own else self._faults.active(kind, path)

    def _answer(self, path: str) -> Response | None:
        if fault := self._active(FaultKind.THROTTLED, path):
            seconds = max(1, round(fault.seconds))
            return HTMLResponse("<h1>429 访问过于频繁</h1>", 429, {"Retry-After": str(seconds)})
        if fault := self._active(FaultKind.MAINTENANCE, path):
            seconds = max(1, round(fault.seconds))
            return HTMLResponse(
                "<html><title>系统维护公告</title><h1>系统升级维护中，请稍后访问</h1></html>",
                503,
                {"Retry-After": str(seconds)},
            )
        if self._active(FaultKind.SERVER_ERROR, path):
            return HTMLResponse("<html><title>500</title><h1>服务器内部错误</h1></html>", 500)
        return None

    async def _half(self, scope: Scope, receive: Receive, send: Send, *, honest: bool) -> None:
        """Half the body: with its own right length, or the whole one's and a broken connection."""
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, collect)
        half = body[: len(body) // 2]
        length = len(half) if honest else len(body)
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(length).encode())]})
        await send({"type": "http.response.body", "body": half, "more_body": not honest})
        if not honest:
            await _hang_up(receive, send)


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection at once: uvicorn's ``send`` is a method of the cycle that holds the transport."""
    bound: Any = send
    bound.__self__.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
