"""How many requests a portal works on at once: what its operator would see, for proofs about the suite."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faultlayer import ADMIN


class Gauge:
    """``most`` is the highest number that were under way together; ``total`` how many there were at all."""

    def __init__(self) -> None:
        self.under_way = self.most = self.total = 0

    def enter(self) -> None:
        self.under_way += 1
        self.total += 1
        self.most = max(self.most, self.under_way)

    def leave(self) -> None:
        self.under_way -= 1


class Gauged:
    """ASGI middleware: counts every request of the world outside, from its arrival to its answer's end."""

    def __init__(self, app: ASGIApp, gauge: Gauge) -> None:
        self._app, self._gauge = app, gauge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or ADMIN in scope["path"]:
            await self._app(scope, receive, send)
            return
        self._gauge.enter()
        try:
            await self._app(scope, receive, send)
        finally:
            self._gauge.leave()
