"""Server-sent events, pushed from the store's feed.

An open stream that nothing happens to costs one heartbeat in a while: no thread and no polling of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from prometheus_client import Gauge
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from store.feed import Event, Feed

HEARTBEAT_SECONDS = 45.0
"""Below the minute after which proxies drop a silent connection."""
_SETTLING_SECONDS = 0.02
"""A state is not looked at again sooner: one step of the work writes several events."""

Chunks = AsyncIterator[bytes]
_HEARTBEAT = b":\n\n"


def message(name: str, data: Any, id: int | None = None) -> bytes:
    """One server-sent event with JSON data."""
    first = f"id: {id}\n" if id is not None else ""
    return f"{first}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class EventStream(Response):
    """Sends chunks as they come, until the client leaves."""

    media_type = "text/event-stream"

    def __init__(self, chunks: Chunks, open_streams: Gauge) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._chunks, self._open_streams = chunks, open_streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._open_streams.inc()
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open_streams.dec()
            for task in (sending, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError):
                    await task

    async def _send_all(self, send: Send) -> None:
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def states(feed: Feed, authorization_id: str, view: Callable[[], Any]) -> Chunks:
    """``view()`` as ``state`` events: now, and again after anything happened to the authorization, when it
    differs. ``view`` may block; many events in a row are shown as their last."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    changed.set()
    shown = b""
    with feed.listening(authorization_id, lambda _: _hand_over(loop, changed.set)):
        while True:
            if not await _within_heartbeat(changed.wait()):
                yield _HEARTBEAT
                continue
            changed.clear()
            seen = message("state", await run_in_threadpool(view))
            if seen != shown:
                yield (shown := seen)
            await asyncio.sleep(_SETTLING_SECONDS)


async def events(feed: Feed, authorization_id: str, earlier: Callable[[], list[dict[str, Any]]]) -> Chunks:
    """The events of ``earlier()``, then every new one as it is written, each once and with its id."""
    arrived: asyncio.Queue[Event] = asyncio.Queue()
    loop, last = asyncio.get_running_loop(), 0
    with feed.listening(authorization_id, lambda event: _hand_over(loop, arrived.put_nowait, event)):
        for past in await run_in_threadpool(earlier):
            last = past["id"]
            yield message(past["kind"], past, last)
        while True:
            event = await _within_heartbeat(arrived.get())
            if event is None:
                yield _HEARTBEAT
            elif event.id > last:
                last = event.id
                yield message(event.kind, plain(event), last)


def plain(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    return {"id": event.id, "at": event.at.isoformat(), "kind": event.kind, "data": event.data}


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[..., Any], *arguments: Any) -> None:
    """From the feed's thread to the stream's loop, which may be gone when the process ends."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)


async def _within_heartbeat(waiting: Any) -> Any:
    """What is waited for, or None when a heartbeat is due first."""
    try:
        return await asyncio.wait_for(waiting, HEARTBEAT_SECONDS)
    except TimeoutError:
        return None
