"""The peer of the RPA route: bare Playwright on the same pages, with pooled contexts.

One browser with the product's own binary, arguments, user agent and reach; as many contexts as flows in
flight, each used again after its cookies were cleared. The same pages are rendered and the same details and
exports are read as bytes with the session's cookies, as the connector does. It leaves out what a bank needs
and a script does not: nothing is checked, kept, sealed, normalized or scored, and no context is thrown away
with its taxpayer.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Browser, BrowserContext, Page, ProxySettings, async_playwright

from connectors.rpa.browser import VIEWPORT_HEIGHT, VIEWPORT_WIDTH
from connectors.rpa.chromium import ARGUMENTS, find, sandboxed
from connectors.rpa.failures import NOWHERE
from connectors.testing.person import Person
from schema.period import Period, add_months

_SCOPES = ("taxpayer", "tax_credit_rating", "tax_return", "invoice")
_SHOWN = "() => { const it = document.querySelector('#tx-captcha'); return it && !it.hidden; }"
_PASSED = "() => !document.querySelector('#tx-captcha') && document.readyState !== 'loading'"


class BareBrowser:
    """``endpoint`` is the sandbox's own entry: ``base_url`` and ``hosts``."""

    def __init__(self, endpoint: Mapping[str, Any], period: Period) -> None:
        self._base, self._hosts, self._period = endpoint["base_url"], endpoint["hosts"], period
        self.bytes_read = 0

    def flows(self, people: Sequence[Person], in_flight: int) -> float:
        """Seconds for one flow a person, ``in_flight`` at a time; the browser's start does not count."""
        return asyncio.run(self._flows(people, in_flight))

    async def _flows(self, people: Sequence[Person], in_flight: int) -> float:
        waiting = list(reversed(people))

        async def one_after_another(browser: Browser) -> None:
            while waiting:
                person = waiting.pop()
                context = await self._context(browser)
                await self._flow(context, await context.new_page(), person)
                await context.close()

        async with async_playwright() as driver:
            browser = await driver.chromium.launch(
                executable_path=find(), args=list(ARGUMENTS), chromium_sandbox=sandboxed()
            )
            started = time.perf_counter()
            await asyncio.gather(*(one_after_another(browser) for _ in range(in_flight)))
            seconds = time.perf_counter() - started
            await browser.close()
        return seconds

    async def _context(self, browser: Browser) -> BrowserContext:
        """With the options of the product's own contexts, its reach among them."""
        hosts = {urlsplit(url).hostname or "" for url in (self._base, *self._hosts.values())}
        return await browser.new_context(
            locale="zh-CN",
            viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
            accept_downloads=False,
            service_workers="block",
            proxy=ProxySettings(
                server=f"http://{NOWHERE}:1", bypass=",".join(("<-loopback>", *sorted(hosts)))
            ),
        )

    async def _flow(self, context: BrowserContext, page: Page, person: Person) -> None:
        await self._sign_in(page, person)
        await self._authorize(page)
        for path in ("/etax/nsrxx", "/etax/xydj"):
            await page.goto(self._base + path, wait_until="domcontentloaded")
            self._read(await page.content())
        days = f"start={self._period.start}&end={self._period.end}"
        await page.goto(f"{self._base}/etax/sbcx?{days}", wait_until="domcontentloaded")
        listed = await page.content()
        for link in re.findall(
            r'class="tx-detail"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*class="tx-detail"', listed
        ):
            await self._get(context, urljoin(self._base, "".join(link)))
        await self._invoices(context, page)

    async def _sign_in(self, page: Page, person: Person) -> None:
        await page.goto(f"{self._base}/etax/yssq", wait_until="domcontentloaded")
        await page.fill("#tx-company", person.taxpayer_id)
        await page.fill("#tx-account", person.person_id)
        await page.fill("#tx-password", person.password)
        await page.click("#tx-submit")
        await page.wait_for_function(_SHOWN)
        captcha = await asyncio.to_thread(person.portals.captcha, f"{person.region}.rpa", person.person_id)
        if captcha["kind"] == "slider":
            await _drag(page, float(captcha["solution"]))
        else:
            await page.fill("#tx-letters", captcha["solution"])
            await page.click("#tx-letters-send")
        await page.wait_for_function(_PASSED)
        if await page.query_selector("#tx-sms"):
            code = await asyncio.to_thread(person.portals.sms_code, person.phone)
            await page.fill("#tx-code", code)
            await _follow(page, "#tx-sms-submit")
        if await page.query_selector("#tx-identity"):
            rows = page.locator("tr.tx-role", has_text=person.taxpayer_id)
            await rows.first.locator("input").check()
            await _follow(page, "#tx-identity-submit")

    async def _authorize(self, page: Page) -> None:
        form = page.locator("#tx-grant")
        await form.locator('[name="bank"][value="示范银行"]').check(force=True)
        for scope in _SCOPES:
            await form.locator(f'[name="scope"][value="{scope}"]').check(force=True)
        await form.locator("#tx-term").select_option("12")
        await form.locator("#tx-agree").check(force=True)
        await _follow(page, "#tx-grant-submit")
        self._read(await page.inner_text("#tx-receipt-number"))

    async def _invoices(self, context: BrowserContext, page: Page) -> None:
        base = self._hosts.get("dppt", self._base)
        rendered = False
        for direction in ("out", "in"):
            start = self._period.start
            while start <= self._period.end:
                end = min(self._period.end, add_months(start, 12) - timedelta(days=1))
                url = f"{base}/dppt/fpcx?direction={direction}&start={start}&end={end}&size=100"
                if not rendered:
                    await page.goto(url, wait_until="domcontentloaded")
                    shown, rendered = await page.content(), True
                else:
                    shown = (await self._get(context, url)).decode()
                total = re.search(r'id="tx-total">(\d+)<', shown)
                export = re.search(r'id="tx-export" href="([^"]+)"', shown)
                if total and int(total[1]) and export:
                    await self._get(context, urljoin(base, export[1].replace("&amp;", "&")))
                start = end + timedelta(days=1)

    async def _get(self, context: BrowserContext, url: str) -> bytes:
        response = await context.request.get(url)
        body = await response.body()
        await response.dispose()
        self.bytes_read += len(body)
        return body

    def _read(self, text: str) -> None:
        self.bytes_read += len(text)


async def _drag(page: Page, x: float) -> None:
    grip = await page.locator("#tx-handle").bounding_box()
    assert grip is not None
    left, top = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    await page.mouse.move(left, top)
    await page.mouse.down()
    await page.mouse.move(left + x, top, steps=3)
    await page.mouse.up()


async def _follow(page: Page, button: str) -> None:
    async with page.expect_navigation(wait_until="domcontentloaded"):
        await page.click(button)
