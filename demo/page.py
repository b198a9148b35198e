"""A borrower at the real page in a real browser: taps, types, drags and chooses what the portal asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect, sync_playwright

from connectors.rpa.chromium import ARGUMENTS, find, sandboxed
from connectors.testing.person import Person

PHONE = {"width": 390, "height": 844}
_PATIENCE_MS = 60_000
_OVER = "[data-phase=done]:visible, [data-phase=failed]:visible"
_ASKED = "form[data-kind]:visible"


@contextmanager
def phone_sized() -> Iterator[Page]:
    """A page of a fresh browser, the size of a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=list(ARGUMENTS), chromium_sandbox=sandboxed()
        )
        try:
            context = browser.new_context(
                viewport={"width": PHONE["width"], "height": PHONE["height"]},
                device_scale_factor=2,
                has_touch=True,
                is_mobile=True,
            )
            yield context.new_page()
        finally:
            browser.close()


def drive(link: str, person: Person) -> None:
    """From the tap to 授权成功, on a phone-sized screen."""
    with phone_sized() as page:
        tap(page, link)
        accompany(page, person)
        expect(page.locator("[data-phase=done]")).to_be_visible()


def tap(page: Page, link: str) -> None:
    """Open the link and agree."""
    page.goto(link)
    page.locator("#agree").click()


def accompany(page: Page, person: Person, *, look: Callable[[str], None] = lambda kind: None) -> list[str]:
    """Answer every question until the page shows the end; the kinds that were asked. ``look`` is called at
    each question, before the answer."""
    kinds: list[str] = []
    while True:
        page.locator(f"{_ASKED}, {_OVER}").first.wait_for(timeout=_PATIENCE_MS)
        if page.locator(_OVER).count():
            return kinds
        form = page.locator(_ASKED).first
        kind = str(form.get_attribute("data-kind"))
        kinds.append(kind)
        look(kind)
        _FILL[kind](page, form, person)
        page.locator(f"form[data-kind={kind}]:visible").wait_for(state="detached", timeout=_PATIENCE_MS)


def _credentials(_: Page, form: Locator, person: Person) -> None:
    for name, value in person.answer({"kind": "credentials"}).items():
        form.locator(f"input[name={name}]").fill(value)
    form.locator("button[type=submit]").click()


def _typed(name: str, kind: str) -> Callable[[Page, Locator, Person], None]:
    def fill(_: Page, form: Locator, person: Person) -> None:
        form.locator(f"input[name={name}]").fill(person.answer({"kind": kind})[name])
        form.locator("button[type=submit]").click()

    return fill


def _slider(page: Page, form: Locator, person: Person) -> None:
    """Drag the handle as far as the piece has to travel."""
    wanted = float(person.answer({"kind": "slider"})["x"])
    handle, track = form.locator(".handle"), form.locator(".track")
    page.wait_for_function(
        "form => form.querySelector('.handle').getAttribute('aria-valuemax') > 0", arg=form.element_handle()
    )
    furthest = float(str(handle.get_attribute("aria-valuemax")))
    grip, way = handle.bounding_box(), track.bounding_box()
    assert grip is not None
    assert way is not None
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + wanted / furthest * (way["width"] - grip["width"]), y, steps=12)
    page.mouse.up()


def _identity(_: Page, form: Locator, person: Person) -> None:
    for choice in form.locator("label").all():
        if person.taxpayer_id in choice.inner_text():
            choice.click()
            break
    form.locator("button[type=submit]").click()


def _app_approval(_: Page, form: Locator, person: Person) -> None:
    """Compare, approve; then say so, where the page does not see it by itself."""
    person.answer({"kind": "app_approval", "hint": form.locator(".hint").inner_text()})
    if form.locator(".watching").is_hidden():
        form.locator("button[type=submit]").click()


def _qr(_: Page, form: Locator, person: Person) -> None:
    """Scan what the screen shows, and confirm."""
    source = str(form.locator("img.qr").get_attribute("src"))
    person.answer({"kind": "qr", "picture": source.partition(",")[2]})


_FILL: dict[str, Callable[[Page, Locator, Person], None]] = {
    "credentials": _credentials,
    "picture": _typed("text", "picture"),
    "slider": _slider,
    "sms_code": _typed("code", "sms_code"),
    "identity": _identity,
    "app_approval": _app_approval,
    "qr": _qr,
}
