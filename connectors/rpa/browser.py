"""The one browser of a worker, on a thread of its own with its own event loop; the house is synchronous.

One context serves one taxpayer. It reaches the portal's hosts and nothing else: every other host goes to a
proxy that does not exist, so redirects, scripts and downloads cannot leave either. Nothing here breaks
captchas or disguises the browser, whose user agent ends in ``Taxlink``.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Iterable
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from playwright.async_api import (
    APIResponse,
    BrowserContext,
    Error,
    Page,
    Playwright,
    ProxySettings,
    Response,
    StorageState,
    async_playwright,
)
from playwright.async_api import Browser as Chromium

from connectors.evidence import Recorder
from connectors.rpa.chromium import ARGUMENTS, find, sandboxed
from connectors.rpa.failures import NOWHERE, cause
from schema.errors import ConnectionBroken, DataCorrupt, PortalTimeout, RouteBroken

AGENT = "Taxlink/0.1"
CONTEXTS = 8
KEEP_SECONDS = 15.0
"""How long a context that nobody uses waits for the next dataset of the same attempt."""
SLOT_SECONDS = 60.0
"""How long an attempt waits for a context when all are in use."""
MOST_BYTES = 64 << 20
"""The largest file that is read. The driver holds it whole before anybody can look at its size."""
STEP_SECONDS = 120.0
"""How long one step may take in all: a page whose script never rests answers no question, however small."""
VIEWPORT_WIDTH, VIEWPORT_HEIGHT = 1280, 800

T = TypeVar("T")


@dataclass(frozen=True)
class Received:
    """An answer read with the context's cookies, without rendering it."""

    status: int
    url: str
    headers: dict[str, str]
    body: bytes


class Tab:
    """One context with its one page, for one taxpayer. Its coroutines run in the browser's loop."""

    def __init__(
        self, context: BrowserContext, page: Page, slots: asyncio.Semaphore, timeout_ms: float
    ) -> None:
        self.page, self._timeout_ms = page, timeout_ms
        self.answer: Response | None = None
        """The HTTP answer that the page as it stands came with."""
        self.recorder = Recorder()
        """Told of every page and file, and of the pages' names by who reads them."""
        self._context, self._slots, self._open = context, slots, True
        page.on("response", self._note)

    async def get(self, url: str) -> Received:
        """Read an address with the session's cookies. The answer stays in memory and never touches a disk."""
        with self.recorder.exchange("GET", url) as noted:
            response: APIResponse = await self._context.request.get(url, timeout=self._timeout_ms)
            noted.status = response.status
            try:
                noted.bytes = len(body := await response.body())
                if len(body) > MOST_BYTES:
                    raise DataCorrupt(f"a file has {len(body)} bytes")
                return Received(response.status, response.url, response.headers, body)
            finally:
                await response.dispose()

    async def source(self) -> bytes:
        """The page as the portal sent it, before scripts."""
        return await self.answer.body() if self.answer else b""

    def _note(self, response: Response) -> None:
        asked = response.request
        if asked.is_navigation_request() and response.frame == self.page.main_frame:
            self.answer = response
            length, waited = response.headers.get("content-length", ""), asked.timing["responseStart"] / 1000
            size = int(length) if length.isdecimal() else 0
            self.recorder.exchanged(asked.method, response.url, response.status, size, waited)

    async def state(self) -> StorageState:
        """Cookies and local storage: what another context needs to go on."""
        return await self._context.storage_state()

    async def close(self) -> None:
        """Let the context die. Idempotent; a browser that is gone already is no error."""
        if not self._open:
            return
        self._open = False
        self._slots.release()
        with suppress(Error):
            await self._context.close()


class Browser:
    """Starts Chromium on first use, and again after a crash; who was using it gets ``ConnectionBroken``."""

    def __init__(self, *, contexts: int = CONTEXTS) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._thread.start()
        self._slots = asyncio.Semaphore(contexts)
        self._waiting = 0
        self._starting = asyncio.Lock()
        self._driver: Playwright | None = None
        self._chromium: Chromium | None = None
        self._agent = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept: OrderedDict[str, tuple[Tab, asyncio.TimerHandle]] = OrderedDict()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the browser's loop and wait for it. Raises the causes of ``failures``."""
        if not self._thread.is_alive():
            work.close()
            raise RouteBroken("the browser was closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(STEP_SECONDS)
        except FutureTimeout:
            future.cancel()
            raise PortalTimeout("a page keeps the browser busy without end") from None
        except Error as error:
            # "from None": the message may quote what was typed.
            raise cause(error) from None
        except BaseException:
            future.cancel()
            raise

    async def open(
        self, hosts: Iterable[str], timeout_seconds: float, state: StorageState | None = None
    ) -> Tab:
        """A fresh context that reaches these hosts alone; ``RouteBroken`` when none is free in time."""
        await self._slot()
        try:
            context = await self._context(hosts, state)
            context.set_default_timeout(timeout_seconds * 1000)
            page = await context.new_page()
        except BaseException:
            self._slots.release()
            raise
        context.on("page", lambda popup: self._aside(_dismiss(popup)))
        return Tab(context, page, self._slots, timeout_seconds * 1000)

    async def _context(self, hosts: Iterable[str], state: StorageState | None) -> BrowserContext:
        """A fresh context; of a new browser where the old one is gone without having said so."""
        for last in (False, True):
            chromium = await self._running()
            try:
                return await chromium.new_context(
                    user_agent=self._agent,
                    locale="zh-CN",
                    viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
                    accept_downloads=False,
                    service_workers="block",
                    proxy=ProxySettings(
                        server=f"http://{NOWHERE}:1", bypass=",".join(("<-loopback>", *sorted(hosts)))
                    ),
                    storage_state=state,
                )
            except Error as error:
                if last or not isinstance(cause(error), ConnectionBroken):
                    raise
            async with self._starting:
                if self._chromium is chromium:
                    await self._stop()
        raise AssertionError("the last try returns or raises")

    async def keep(self, key: str, tab: Tab) -> None:
        """Leave a context for the next dataset of the same grant. It dies when nobody takes it soon, or at
        once when somebody waits for one."""
        if key in self._kept or self._waiting:
            await tab.close()
            return
        timer = self._loop.call_later(KEEP_SECONDS, self._expire, key)
        self._kept[key] = (tab, timer)

    async def take(self, key: str) -> Tab | None:
        """The context kept under this key, now the caller's to close or keep."""
        if (kept := self._kept.pop(key, None)) is None:
            return None
        tab, timer = kept
        timer.cancel()
        return tab

    def close(self) -> None:
        """End the browser and its thread. Idempotent."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _slot(self) -> None:
        if self._slots.locked() and self._kept:
            _, (idle, timer) = self._kept.popitem(last=False)
            timer.cancel()
            await idle.close()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._slots.acquire(), SLOT_SECONDS)
        except TimeoutError:
            raise RouteBroken("every browser context of this worker is in use") from None
        finally:
            self._waiting -= 1

    async def _running(self) -> Chromium:
        async with self._starting:
            if self._chromium is None or not self._chromium.is_connected():
                await self._stop()
                self._driver = await async_playwright().start()
                self._chromium = await self._driver.chromium.launch(
                    executable_path=find(), args=list(ARGUMENTS), chromium_sandbox=sandboxed()
                )
                session = await self._chromium.new_browser_cdp_session()
                version = await session.send("Browser.getVersion")
                self._agent = f"{version['userAgent']} {AGENT}"
            return self._chromium

    async def _stop(self) -> None:
        for key in list(self._kept):
            if tab := await self.take(key):
                await tab.close()
        with suppress(Error):
            if self._chromium is not None:
                await self._chromium.close()
        if self._driver is not None:
            await self._driver.stop()
        self._chromium = self._driver = None

    def _expire(self, key: str) -> None:
        tab, _ = self._kept.pop(key)
        self._aside(tab.close())

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Start something in the loop that nobody waits for; the set holds it until it is done."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _dismiss(popup: Page) -> None:
    """A window that nobody asked for."""
    with suppress(Error):
        await popup.close()
