"""A page on paper, printed by the product's own Chromium: no script runs and nothing is fetched."""

from __future__ import annotations

import threading

from playwright.sync_api import Error, sync_playwright

from connectors.rpa.chromium import ARGUMENTS, find, sandboxed
from schema.errors import RouteBroken

_one = threading.Lock()
"""One browser prints at a time: a burst of requests must not be a burst of browsers."""


def printed(html: str) -> bytes:
    """The PDF of a page that needs nothing beside it. Raises ``RouteBroken`` without a browser."""
    path = find()
    with _one, sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=path, args=list(ARGUMENTS), chromium_sandbox=sandboxed()
            )
            context = browser.new_context(java_script_enabled=False, offline=True)
            page = context.new_page()
            page.set_content(html, wait_until="load")
            content = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
            browser.close()
        except Error as error:
            raise RouteBroken("the browser did not print the page") from error
    return content
