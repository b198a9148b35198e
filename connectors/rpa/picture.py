"""A picture of a page that may be kept: what is not known to be a label is blotted out first.

The page is changed by that, so it is taken of pages that nobody goes on with.
"""

from __future__ import annotations

import base64
from typing import cast

from playwright.async_api import Page

from vault.redaction import DIGITS, LABELS, PERSONAL, TYPED

ANYTHING = "*"
"""For pages that show no taxpayer."""
SCALE = 0.75
_BLOT = """([shown, secret, sixDigits, personalWords]) => {
    if (secret && document.querySelector(secret)) return null;
    const label = element => element && element.matches(shown);
    const digits = new RegExp(sixDigits), whose = new RegExp(personalWords);
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const names = [...document.querySelectorAll("[id*=name i], [class*=name i]")]
        .map(each => each.textContent.trim()).filter(each => each.length > 1 && each.length < 80);
    const blots = [];
    while (walk.nextNode()) {
        const node = walk.currentNode, text = node.data;
        if (!text.trim() || /^(SCRIPT|STYLE)$/.test(node.parentElement.tagName)) continue;
        const personal = shown !== "*"
            && (text.trim().length > 16 || whose.test(text) || names.some(each => text.includes(each)));
        if (!label(node.parentElement) || digits.test(text) || personal) blots.push(node);
    }
    for (const node of blots) node.data = "▇".repeat(Math.min(12, Math.ceil(node.data.trim().length / 2)));
    for (const each of document.querySelectorAll("*"))
        if (each.shadowRoot || each.localName.includes("-")) each.style.display = "none";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        :is(#a#a#a, input, select, textarea, img, svg, canvas, video, iframe, frame, object, embed)
            { visibility: hidden !important }
        :is(#a#a#a, *)::before, :is(#a#a#a, *)::after { visibility: hidden !important }
        :is(#a#a#a, *) { background-image: none !important; animation: none !important }
    `);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    scrollTo(0, 0);
    return Math.min(innerHeight, Math.max(1, document.body.scrollHeight));
}"""


async def pictured(page: Page, *, shown: str = LABELS, private: bool = True) -> bytes | None:
    """PNG of the top of the page; only text of elements that match ``shown``, and of them nothing with six
    digits in a row, nor what is long, greets, or holds a company's name. Form fields, images and frames are
    blank.

    None for a page that asks for a password, a code or a captcha, unless it is not ``private``: nobody is
    signing in there. Raises Playwright's errors.
    """
    height = await page.evaluate(_BLOT, [shown, TYPED if private else "", DIGITS, PERSONAL])
    if height is None:
        return None
    session = await page.context.new_cdp_session(page)
    width = page.viewport_size["width"] if page.viewport_size else 1280
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": SCALE}
    wanted = {"format": "png", "clip": clip, "optimizeForSpeed": True}
    taken = await session.send("Page.captureScreenshot", wanted)
    await session.detach()
    return base64.b64decode(cast(str, taken["data"]))
