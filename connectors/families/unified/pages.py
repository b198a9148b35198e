"""The pages that a person acts on, as objects: their elements in one place, their actions as coroutines.

Every action ends in the ``View`` of the page that it led to. Fields and buttons are CSS selectors of the live
page; what is read from a view is XPath.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field, replace

from lxml import html
from playwright.async_api import FloatRect, TimeoutError

from connectors.families.unified.outcomes import Patterns, View, look
from connectors.interface import Option
from connectors.rpa.browser import Received, Tab
from schema.errors import ConnectionBroken, PageChanged

_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_PICTURE = 1 << 20
_LATE_MILLISECONDS = 2_000
"""How long a page that loaded may take to show anything that we know."""
VALID = "有效"
_MOVES = 3
"""Mouse moves of one drag."""
_CAPTCHA_TURNED = """serial => {
    const captcha = document.querySelector("#tx-captcha");
    return document.readyState !== "loading" && (captcha ? captcha.dataset.serial : "gone") !== serial;
}"""
"""The captcha shows another picture than before, or the page is another one."""


@dataclass(frozen=True)
class Captcha:
    """``kind`` is slider or picture; pictures are PNG, ``y`` the piece's top edge, ``serial`` its number."""

    kind: str
    serial: str
    picture: bytes = field(repr=False)
    piece: bytes | None = field(repr=False)
    y: int


@dataclass(frozen=True)
class Listed:
    """One 银税授权 as shown: ``scopes`` are the portal's codes, instants as printed."""

    receipt: str
    bank: str
    scopes: frozenset[str]
    granted_at: str
    expires_at: str
    active: bool


class Pages:
    """One taxpayer's way through the portal in one tab."""

    def __init__(self, tab: Tab, known: Patterns) -> None:
        self.tab, self._page, self._known = tab, tab.page, known

    async def visit(self, url: str) -> View:
        """Go to an address, wherever it leads."""
        await self._page.goto(url, wait_until="domcontentloaded")
        return await self.view()

    async def read(self, url: str) -> View:
        """The page at an address by the session's cookies, without rendering it."""
        return self.seen(await self.tab.get(url))

    def seen(self, received: Received) -> View:
        """An answer as a page."""
        found = look(received.body, received.status, self._known, received.headers.get("retry-after", ""))
        return found if found.page else _judged_by_source(found, received.body)

    async def sign_in(self, company: str, account: str, password: str) -> View:
        """Fill in the form and press 登录, which opens the captcha."""
        await self._page.fill("#tx-company", company)
        await self._page.fill("#tx-account", account)
        await self._page.fill("#tx-password", password)
        await self._page.click("#tx-submit")
        return await self._turned("")

    async def drag(self, captcha: Captcha, x: float) -> View:
        """Drag the piece so that its left edge is at ``x`` of the picture's own pixels."""
        shown, grip = await self._box("#tx-captcha-scene"), await self._box("#tx-handle")
        width = struct.unpack(">I", captcha.picture[16:20])[0]
        left, top = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        await self._page.mouse.move(left, top)
        await self._page.mouse.down()
        await self._page.mouse.move(left + x * shown["width"] / width, top, steps=_MOVES)
        await self._page.mouse.up()
        return await self._turned(captcha.serial)

    async def spell(self, captcha: Captcha, text: str) -> View:
        """Enter the characters of the picture."""
        await self._page.fill("#tx-letters", text)
        await self._page.click("#tx-letters-send")
        return await self._turned(captcha.serial)

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
        """The page as it stands; one that shows nothing known yet gets a moment to do so."""
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

    async def _turned(self, serial: str) -> View:
        await self._page.wait_for_function(_CAPTCHA_TURNED, arg=serial)
        return await self.view()

    async def _box(self, selector: str) -> FloatRect:
        box = await self._page.locator(selector).bounding_box()
        if box is None:
            raise PageChanged(f"{selector} is not to be seen")
        return box


def _judged_by_source(view: View, source: bytes) -> View:
    """An unknown page is whole when its source is: a browser closes what a broken answer left open."""
    return replace(view, whole=source.rstrip().endswith(b"</html>"))


def captcha(view: View) -> Captcha:
    """The captcha that a page shows."""
    veil = view.find("//*[@id='tx-captcha']")[0]
    kind, serial = veil.get("data-kind", ""), veil.get("data-serial", "")
    if kind == "picture":
        return Captcha(kind, serial, _png(view, "tx-captcha-letters"), None, 0)
    if kind == "slider":
        y = int(veil.get("data-y", "0"))
        return Captcha(kind, serial, _png(view, "tx-captcha-scene"), _png(view, "tx-captcha-piece"), y)
    raise PageChanged("a captcha of a kind that we do not know")


def message(view: View) -> str:
    """What the page tells about the last try; empty when nothing."""
    found = view.find("//*[@id='tx-message']")
    return str(found[0].text_content()).strip() if found else ""


def identities(view: View) -> dict[Option, str]:
    """The choices of the identity page, each with its company's id."""
    choices: dict[Option, str] = {}
    for row in view.find("//*[@id='tx-identity']//tr[td]"):
        radio, (name, company, role) = (
            row.xpath(".//input/@value"),
            [_text(cell) for cell in row.xpath("./td")[1:4]],
        )
        choices[Option(str(radio[0]), f"{name} {company}", role)] = company
    return choices


def phone(view: View) -> str:
    """The masked number that the code went to."""
    return view.text("//*[@id='tx-phone']")


def receipt(view: View) -> Listed:
    """授权回执 as its page shows it."""
    number, bank, granted, expires, state = (
        view.text(f"//*[@id='tx-receipt-{name}']")
        for name in ("number", "bank", "granted", "expires", "state")
    )
    return Listed(number, bank, frozenset(), granted, expires, state == VALID)


def grants(view: View) -> list[Listed]:
    """Every row of 已有授权."""
    return [_listed(row) for row in view.find("//table[@id='tx-grants']//tr[td]")]


def _listed(row: html.HtmlElement) -> Listed:
    cells = [_text(cell) for cell in row.xpath("./td")]
    if len(cells) < 6:
        raise PageChanged("a row of grants is too short")
    scopes = frozenset(str(row.get("data-scopes", "")).split(","))
    return Listed(cells[0], cells[1], scopes, cells[3], cells[4], cells[5] == VALID)


def _text(element: html.HtmlElement) -> str:
    return str(element.text_content()).strip()


def _png(view: View, element_id: str) -> bytes:
    """The picture of an element whose source is a data URL. Raises ``PageChanged`` for anything else."""
    source = view.find(f"//img[@id='{element_id}']")
    kind, _, text = (source[0].get("src", "") if source else "").partition(",")
    try:
        picture = base64.b64decode(text, validate=True)
    except binascii.Error:
        picture = b""
    if kind != "data:image/png;base64" or not picture.startswith(_PNG) or len(picture) > _MAX_PICTURE:
        raise PageChanged(f"{element_id} is not a picture that we know")
    return picture
