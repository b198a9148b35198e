"""A sign-in recorded in a browser window: what was done, never what was typed.

The page's own script tells which field was changed and which button pressed. Pictures show the layout: fields
are masked, and of the texts only those of labels and buttons are left.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Dialog, Error, Page, Response, async_playwright

from connectors.authoring.recording import Recording
from connectors.rpa.browser import AGENT
from connectors.rpa.chromium import ARGUMENTS, find, sandboxed
from connectors.rpa.failures import cause
from schema.errors import InvalidRequest, RouteBroken

SCRIPT = Path(__file__).with_name("listener.js")
LONGEST_SECONDS = 1800
"""A person who has not closed the window by then has gone."""
MOST_PICTURES = 20
PICTURE_SECONDS = 5
SETTLING_SECONDS = 0.5
"""How long the last page may still show something."""
_LAYOUT_ALONE = """
*, *::before, *::after { color: transparent !important; text-shadow: none !important; }
*, *::before, *::after { background-image: none !important; }
label, button, legend, th { color: #333 !important; }
label:has(input), label:has(input) *, button *, a * { color: transparent !important; }
img, canvas, svg, video, iframe, embed, object { visibility: hidden !important; }
"""

Person = Callable[[Page], Awaitable[None]]
"""Who signs in: the coroutine ends when they are done."""


def record(url: str, folder: Path, *, headless: bool, person: Person | None = None) -> Recording:
    """Open the address and record until the person has closed the window, or ``person`` is done; pictures go
    into the folder. Without a window and without a person, the page is recorded as a visitor sees it.

    Raises ``InvalidRequest`` for an address that is none and for a window where there is no display, and the
    causes of ``connectors.rpa.failures``.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidRequest("name an address that begins with https://")
    if not headless:
        _check_window()
    recording = Recording(f"{parts.scheme}://{parts.netloc}")
    try:
        asyncio.run(_Recorder(recording, folder, headless).run(url, person))
    except Error as error:
        # "from None": the message may quote what was typed.
        raise cause(error) from None
    return recording


def _check_window() -> None:
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise InvalidRequest("there is no display here; --headless records the page as a visitor sees it")
    if "headless" in Path(find()).name:
        raise RouteBroken("a window needs a whole Chromium: install one, or set TAXLINK_CHROMIUM")


class _Recorder:
    """One browser with one context, which keep nothing."""

    def __init__(self, recording: Recording, folder: Path, headless: bool) -> None:
        self._recording, self._folder, self._headless = recording, folder, headless
        self._pictures: list[asyncio.Task[None]] = []
        self._closed = asyncio.Event()

    async def run(self, url: str, person: Person | None) -> None:
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(
                executable_path=find(),
                args=list(ARGUMENTS),
                headless=self._headless,
                chromium_sandbox=sandboxed(),
            )
            context = await self._context(browser)
            page = await context.new_page()
            await page.goto(url, wait_until="domcontentloaded")
            if person is not None:
                await person(page)
            if person is not None or self._headless:
                await asyncio.sleep(SETTLING_SECONDS)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), LONGEST_SECONDS)
            await asyncio.gather(*self._pictures)
            await browser.close()

    async def _context(self, browser: Browser) -> BrowserContext:
        session = await browser.new_browser_cdp_session()
        version = await session.send("Browser.getVersion")
        context = await browser.new_context(
            user_agent=f"{version['userAgent']} {AGENT}",
            locale="zh-CN",
            no_viewport=not self._headless,
            accept_downloads=False,
        )
        await context.expose_binding("taxlinkRecorder", self._heard)
        await context.add_init_script(path=SCRIPT)
        context.on("page", lambda opened: self._opened(context, opened))
        context.on("response", self._came)
        context.on("dialog", self._asked)
        return context

    def _opened(self, context: BrowserContext, page: Page) -> None:
        page.on("close", lambda _: self._closed.set() if not context.pages else None)

    def _heard(self, source: dict[str, Any], told: dict[str, Any]) -> None:
        parts = urlsplit(source["frame"].url)
        seen = self._recording.heard(parts.netloc, parts.path, told)
        if seen is not None and len(self._pictures) < MOST_PICTURES:
            name = f"page-{len(self._recording.pages)}.png"
            self._pictures.append(asyncio.ensure_future(self._picture(source["page"], name)))

    async def _picture(self, page: Page, name: str) -> None:
        """A page that went on meanwhile has no picture."""
        with suppress(Error):
            await page.screenshot(
                path=self._folder / name,
                style=_LAYOUT_ALONE,
                mask=[page.locator("input:visible, textarea:visible, select:visible, [contenteditable]")],
                timeout=PICTURE_SECONDS * 1000,
            )

    def _came(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            parts = urlsplit(response.url)
            self._recording.went(parts.netloc, parts.path, response.status)

    async def _asked(self, dialog: Dialog) -> None:
        self._recording.told(dialog.message)
        await dialog.accept()
