"""Many borrowers' pages held open: one event stream each, all in one thread."""

from __future__ import annotations

import asyncio
import resource
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.parked import Page

_OPENING_AT_ONCE = 50
_PATIENCE_SECONDS = 300


def allow_files(count: int) -> None:
    """Raise the limit of open files of this process and its children as far as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count if most < 0 else min(count, most), most))


@contextmanager
def held_open(port: int, pages: Sequence[Page]) -> Iterator[None]:
    """Every page's stream is open, and has shown its first state, while the block runs."""
    shown, left = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_hold(port, pages, shown, left)))
    thread.start()
    try:
        if not shown.wait(_PATIENCE_SECONDS):
            raise TimeoutError("not every page was shown its state")
        yield
    finally:
        left.set()
        thread.join()


async def _hold(port: int, pages: Sequence[Page], shown: threading.Event, left: threading.Event) -> None:
    limit = asyncio.Semaphore(_OPENING_AT_ONCE)
    streams = await asyncio.gather(*(_opened(port, page, limit) for page in pages))
    readers = [asyncio.ensure_future(reader.read()) for reader, _ in streams]  # drains the heartbeats
    shown.set()
    await asyncio.to_thread(left.wait)
    for _, writer in streams:
        writer.close()
    for reading in readers:
        reading.cancel()


async def _opened(
    port: int, page: Page, limit: asyncio.Semaphore
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with limit:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /link/{page.token}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: taxlink_browser={page.cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        await reader.readuntil(b'"phase": "challenge"')
        return reader, writer
