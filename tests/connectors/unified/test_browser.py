"""The worker's browser: who it reaches, what it keeps to itself, and that it comes back."""

from __future__ import annotations

import asyncio
import http.server
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.async_api import Error

from connectors.rpa import chromium
from connectors.rpa.browser import Browser
from connectors.rpa.failures import cause
from connectors.rpa.hosts import checked
from schema.errors import (
    ConnectionBroken,
    PageChanged,
    PortalTimeout,
    PortalUnavailable,
    RouteBroken,
)

HERE = "127.0.0.1"


class _Site(http.server.BaseHTTPRequestHandler):
    """``/`` is a form; ``/away`` leads to a host that is not the portal's; what was asked is written down."""

    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["User-Agent"]))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/stolen")
            self.end_headers()
            return
        body = b"<input id='secret'><img src='http://localhost:%d/pixel'>" % self.server.server_port
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site():
    handler = type("Site", (_Site,), {"asked": []})
    server = http.server.ThreadingHTTPServer((HERE, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HERE}:{server.server_port}", handler.asked
    server.shutdown()


@pytest.fixture
def tab(browser):
    opened = browser.run(browser.open([HERE], 5))
    yield opened
    browser.run(opened.close())


@pytest.mark.browser
def test_it_says_what_it_is(browser, tab, site):
    url, asked = site
    browser.run(tab.page.goto(url))
    browser.run(tab.get(f"{url}/read"))
    agents = {agent for path, agent in asked if path in ("/", "/read")}
    assert len(agents) == 1
    assert agents.pop().endswith(" Taxlink/0.1")


@pytest.mark.browser
def test_no_other_host_is_reached(browser, tab, site):
    url, asked = site
    browser.run(tab.page.goto(url, wait_until="load"))
    with pytest.raises(RouteBroken):
        browser.run(tab.get(f"{url}/away"))
    with pytest.raises(RouteBroken):
        browser.run(tab.page.goto(f"{url}/away"))
    assert not [path for path, _ in asked if path in ("/stolen", "/pixel")]


@pytest.mark.browser
def test_failure_never_quotes_what_was_typed(browser, tab, site):
    browser.run(tab.page.goto(site[0]))
    with pytest.raises(PageChanged) as caught:
        browser.run(tab.page.fill("#absent", "canary-secret", timeout=200))
    assert "canary" not in f"{caught.value!r}{caught.value.detail}"
    assert caught.value.__cause__ is None


@pytest.mark.browser
def test_contexts_share_nothing(browser, site):
    first, second = (browser.run(browser.open([HERE], 5)) for _ in range(2))
    browser.run(first.page.goto(site[0]))
    browser.run(first.page.evaluate("document.cookie = 'who=first'"))
    browser.run(second.page.goto(site[0]))
    assert browser.run(second.page.evaluate("document.cookie")) == ""
    for each in (first, second):
        browser.run(each.close())
        browser.run(each.close())


@pytest.mark.browser
def test_kept_tab_gives_way_when_every_context_is_needed():
    worker = Browser(contexts=1)
    try:
        kept = worker.run(worker.open([HERE], 5))
        worker.run(worker.keep("grant", kept))
        next_one = worker.run(worker.open([HERE], 5))
        assert worker.run(worker.take("grant")) is None
        worker.run(next_one.close())
    finally:
        worker.close()


@pytest.mark.browser
def test_it_starts_again_after_a_crash(site):
    worker = Browser()
    try:
        tab = worker.run(worker.open([HERE], 5))
        worker.run(_crash(tab))
        with pytest.raises(ConnectionBroken):
            worker.run(tab.page.goto(site[0]))
        worker.run(tab.close())
        again = worker.run(worker.open([HERE], 5))
        worker.run(again.page.goto(site[0]))
    finally:
        worker.close()
        worker.close()
    with pytest.raises(RouteBroken):
        worker.run(worker.take("anything"))


async def _crash(tab) -> None:
    session = await tab.page.context.browser.new_browser_cdp_session()
    with pytest.raises(Error):
        await session.send("Browser.crash")


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Page.goto: net::ERR_CONNECTION_REFUSED at http://x/?password=1", PortalUnavailable),
        ("Page.goto: net::ERR_NAME_NOT_RESOLVED at http://x/", PortalUnavailable),
        ("Page.goto: net::ERR_CONNECTION_RESET at http://x/", ConnectionBroken),
        ("Page.goto: net::ERR_EMPTY_RESPONSE at http://x/", ConnectionBroken),
        ("Page.goto: net::ERR_CONNECTION_TIMED_OUT at http://x/", PortalTimeout),
        ("Page.click: Target page, context or browser has been closed", ConnectionBroken),
        ("APIRequestContext.get: connect ECONNREFUSED 1.2.3.4:1", PortalUnavailable),
        ("APIRequestContext.get: read ECONNRESET", ConnectionBroken),
        ("Page.goto: net::ERR_CERT_AUTHORITY_INVALID at http://x/", RouteBroken),
        ("Page.evaluate: something else password=1", RouteBroken),
    ],
)
def test_error_of_the_browser_has_a_cause(message, kind):
    found = cause(Error(message))
    assert type(found) is kind
    assert "password" not in found.detail


def test_configured_browser_comes_first(tmp_path: Path):
    own = tmp_path / "my-chromium"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o700)
    (tmp_path / "chromium-path").write_text(f"{own}\n")
    elsewhere = {"PATH": "", "TAXLINK_CHROMIUM": str(own)}
    assert chromium.find(elsewhere, Path("/nowhere")) == str(own)
    assert chromium.find({"PATH": ""}, tmp_path) == str(own)
    with pytest.raises(RouteBroken):
        chromium.find({"TAXLINK_CHROMIUM": str(tmp_path / "absent")}, tmp_path)


def test_private_address_is_refused_unless_listed():
    assert checked(["http://127.0.0.1:1/x"], private=True) == {HERE}
    with pytest.raises(RouteBroken):
        checked(["https://127.0.0.1/x"], private=False)
    with pytest.raises(RouteBroken):
        checked(["http://etax.example/x"], private=False)


@pytest.mark.browser
def test_tab_is_not_kept_while_somebody_waits_for_one():
    worker = Browser(contexts=1)
    try:
        tab = worker.run(worker.open([HERE], 5))
        with ThreadPoolExecutor() as others:
            waiting = others.submit(lambda: worker.run(worker.open([HERE], 5)))
            while not worker._waiting:
                worker.run(asyncio.sleep(0))
            worker.run(worker.keep("grant", tab))
            worker.run(waiting.result(timeout=20).close())
        assert worker.run(worker.take("grant")) is None
    finally:
        worker.close()
