"""A borrower at the real page in a real browser: taps, reads the SMS on the sandbox's phone, types."""

from __future__ import annotations

from playwright.sync_api import Page, expect, sync_playwright

from connectors.rpa.chromium import ARGUMENTS, find, sandboxed
from demo.person import Person

PHONE = {"width": 390, "height": 844}
_PATIENCE_MS = 60_000


def drive(link: str, person: Person) -> None:
    """From the tap to 授权成功, on a phone-sized screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=list(ARGUMENTS), chromium_sandbox=sandboxed()
        )
        try:
            page = browser.new_page(viewport={"width": PHONE["width"], "height": PHONE["height"]})
            page.goto(link)
            page.locator("#agree").click()
            answer_sms(page, person)
            expect(page.locator("[data-phase=done]")).to_be_visible(timeout=_PATIENCE_MS)
        finally:
            browser.close()


def answer_sms(page: Page, person: Person) -> None:
    """Type the code that the portal sent."""
    field = page.locator("[data-kind=sms_code] input[name=code]")
    field.wait_for(timeout=_PATIENCE_MS)
    field.fill(person.portals.sms_code(person.region, person.phone))
    page.locator("[data-kind=sms_code] button[type=submit]").click()
