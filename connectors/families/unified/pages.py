"""The pages that a person acts on: their elements in one place, their actions as coroutines. What they show
is read in ``shown``.

Every action ends in the ``View`` of the page that it led to. Fields and buttons are CSS selectors of the live
page; what is read from a view is XPath.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from playwright.async_api import Error, FloatRect, TimeoutError

from connectors.families.unified.outcomes import Patterns, View, look
from connectors.families.unified.shown import Captcha
from connectors.rpa.browser import Received, Tab
from connectors.rpa.picture import pictured
from schema.errors import Action, ConnectionBroken, PageChanged

PAUSES = (0.2, 0.8)
"""Seconds before a page that the portal failed to give is asked for again."""
_LATE_MILLISECONDS = 2_000
"""How long a page that loaded may take to show anything that we know."""
_MOVES = 3
"""Mouse moves of one drag."""
_PICTURE_SECONDS = 3.0
_CAPTCHA, _IN_APP = "#tx-captcha", "#tx-qr, #tx-approval"
_TURNED = """([part, serial]) => {
    const shown = document.querySelector(part);
    return document.readyState !== "loading" && (shown ? shown.dataset.serial : "gone") !== serial;
}"""
"""The captcha or code is another one than before, or the page is."""


class Pages:
    """One taxpayer's way through the portal in one tab."""

    def __init__(self, tab: Tab, known: Patterns) -> None:
        self.tab, self._page, self._known = tab, tab.page, known
        self._shown, self._last = False, ""

    async def visit(self, url: str) -> View:
        """Go to an address, wherever it leads."""
        await self._page.goto(url, wait_until="domcontentloaded")
        return await self.view()

    async def read(self, url: str) -> View:
        """The page at an address by the session's cookies, without rendering it."""
        return self.seen(await self.get(url))

    async def get(self, url: str) -> Received:
        """What is at an address, by the session's cookies; asked for again where the portal failed."""
        received = await self.tab.get(url)
        for pause in PAUSES:
            if received.status == HTTPStatus.OK or not _passes(self._look_at(received)):
                break
            await asyncio.sleep(pause)
            received = await self.tab.get(url)
        return received

    def seen(self, received: Received) -> View:
        """An answer as a page."""
        found = self._look_at(received)
        self._met(found, shown=False)
        return found if found.page else _judged_by_source(found, received.body)

    def _look_at(self, received: Received) -> View:
        return look(received.body, received.status, self._known, received.headers.get("retry-after", ""))

    async def sign_in(self, company: str, account: str, password: str) -> View:
        """Fill in the form and press 登录, which opens the captcha."""
        await self._page.fill("#tx-company", company)
        await self._page.fill("#tx-account", account)
        await self._page.fill("#tx-password", password)
        await self._page.click("#tx-submit")
        return await self._turned(_CAPTCHA, "")

    async def drag(self, captcha: Captcha, x: float) -> View:
        """Drag the piece so that its left edge is at ``x`` of the picture's own pixels."""
        shown, grip = await self._box("#tx-captcha-scene"), await self._box("#tx-handle")
        width = struct.unpack(">I", captcha.picture[16:20])[0]
        left, top = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        await self._page.mouse.move(left, top)
        await self._page.mouse.down()
        await self._page.mouse.move(left + x * shown["width"] / width, top, steps=_MOVES)
        await self._page.mouse.up()
        return await self._turned(_CAPTCHA, captcha.serial)

    async def spell(self, captcha: Captcha, text: str) -> View:
        """Enter the characters of the picture."""
        await self._page.fill("#tx-letters", text)
        await self._page.click("#tx-letters-send")
        return await self._turned(_CAPTCHA, captcha.serial)

    async def to_code(self) -> View:
        """From the form to the code that the tax app scans."""
        return await self._follow(self._page.click("#tx-to-qr"))

    async def renew(self) -> View:
        """Ask for another code, or for another request in the tax app."""
        serial = await self._page.locator(_IN_APP).get_attribute("data-serial")
        await self._page.click("#tx-app-renew")
        return await self._turned(_IN_APP, serial or "")

    async def watch(self) -> View:
        """The page as it stands by now; one that is just leaving is looked at anew when the next has come."""
        try:
            await self._page.wait_for_load_state("domcontentloaded")
            found = await self._settled()
        except Error:
            await self._page.wait_for_load_state("domcontentloaded")
            found = await self._settled()
        if found.page != self._last:
            self._met(found, shown=True)
        return found

    async def enter_code(self, code: str) -> View:
        await self._page.fill("#tx-code", code)
        return await self._follow(self._page.click("#tx-sms-submit"))

    async def resend_code(self) -> View:
        return await self._follow(self._page.click("#tx-resend"))

    async def choose(self, option_id: str) -> View:
        await self._page.check(f"#tx-choice-{option_id}")
        return await self._follow(self._page.click("#tx-identity-submit"))

    async def grant(self, bank: str, scopes: Iterable[str], term: str) -> View:
        """Fill in 新增银税授权 and press 授权."""
        form = self._page.locator("#tx-grant")
        for field_value in (
            f'[name="bank"][value="{bank}"]',
            *(f'[name="scope"][value="{each}"]' for each in scopes),
        ):
            # force: waiting for a box to stand still costs 40 ms each.
            await form.locator(field_value).check(force=True)
        await form.locator("#tx-term").select_option(term)
        await form.locator("#tx-agree").check(force=True)
        return await self._follow(self._page.click("#tx-grant-submit"))

    async def revoke(self, receipt: str) -> View:
        row = self._page.locator("#tx-grants tr", has_text=receipt)
        return await self._follow(row.locator(".tx-revoke").click())

    async def view(self) -> View:
        """The page as it stands; one that shows nothing known yet gets a moment to do so. One that was only
        asked for is asked for again where the portal failed."""
        found = await self._settled()
        for pause in PAUSES:
            if not _passes(found) or self.tab.answer is None or self.tab.answer.request.method != "GET":
                break
            await asyncio.sleep(pause)
            await self._page.reload(wait_until="domcontentloaded")
            found = await self._settled()
        self._met(found, shown=True)
        return found

    async def photograph(self) -> None:
        """A masked picture of the page that was met last, for the evidence of where it ended. None of a page
        where a secret is typed, nor of one that was only read or shows nothing in time; raises nothing."""
        if self._shown:
            with suppress(Error, asyncio.TimeoutError):
                if picture := await asyncio.wait_for(pictured(self._page), _PICTURE_SECONDS):
                    self.tab.recorder.picture(picture)

    def _met(self, view: View, *, shown: bool) -> None:
        self._shown, self._last = shown, view.page
        self.tab.recorder.step(view.page or "unknown")

    async def _settled(self) -> View:
        found = await self._look()
        if found.page or found.fault:
            return found
        found = _judged_by_source(found, await self.tab.source())
        return await self._look() if found.whole and await self._appears() else found

    async def _appears(self) -> bool:
        """Whether anything known shows up late."""
        anything = " | ".join(marker.at for marker in self._known.page)
        known = self._page.locator(f"xpath={anything}").first
        try:
            await known.wait_for(state="attached", timeout=_LATE_MILLISECONDS)
        except TimeoutError:
            return False
        return True

    async def _look(self) -> View:
        if self._page.url.startswith("chrome-error:"):
            raise ConnectionBroken("a page did not load")
        content = (await self._page.content()).encode()
        answer = self.tab.answer
        if answer is None:
            raise ConnectionBroken("a page came without an answer")
        return look(content, answer.status, self._known, answer.headers.get("retry-after", ""))

    async def _follow(self, action: Awaitable[None]) -> View:
        async with self._page.expect_navigation(wait_until="domcontentloaded"):
            await action
        return await self.view()

    async def _turned(self, part: str, serial: str) -> View:
        await self._page.wait_for_function(_TURNED, arg=[part, serial])
        return await self.view()

    async def _box(self, selector: str) -> FloatRect:
        box = await self._page.locator(selector).bounding_box()
        if box is None:
            raise PageChanged(f"{selector} is not to be seen")
        return box


def _passes(view: View) -> bool:
    return view.fault is not None and view.fault.action is Action.RETRY


def _judged_by_source(view: View, source: bytes) -> View:
    """An unknown page is whole when its source is: a browser closes what a broken answer left open."""
    return replace(view, whole=source.rstrip().endswith(b"</html>"))
