"""``python -m demo.pictures FOLDER``: the README's pictures, taken of the running house."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from connectors.testing.person import people
from connectors.testing.portals import Portals
from demo import page as screen
from demo import users
from demo.clients import Borrower, LoanSystem
from demo.processes import House
from demo.stories import application

_DESKTOP = {"width": 1280, "height": 760}


def take(folder: Path) -> None:
    """A borrower's way through the page, then the console with what came of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, House(Path(home)) as house:
        house.start("--regions", "44,31,51", "--count", "8", "--invoices", "240")
        key = house.issue_key("pictures")
        house.add_users()
        loans, portals = LoanSystem(house.url, key), Portals(house.endpoints())
        _work(loans, portals)
        _borrower(loans, portals, folder)
        _console(house, folder)


def _work(loans: LoanSystem, portals: Portals) -> None:
    """Some applications for the console to list; one waits for its person."""
    companies = people(portals, "31.api")
    for person in companies[:3]:
        submitted = loans.submit(application(person))
        borrower = Borrower(submitted["link_url"], person)
        borrower.agree(submitted["consent"]["text_sha256"])
        borrower.accompany()
    waiting = loans.submit(application(companies[3]))
    Borrower(waiting["link_url"], companies[3]).agree(waiting["consent"]["text_sha256"])


def _borrower(loans: LoanSystem, portals: Portals, folder: Path) -> None:
    person = people(portals, "51.rpa")[0]
    with screen.phone_sized() as page:
        page.goto(loans.submit(application(person))["link_url"])
        _shoot(page, folder / "borrower-consent.png")
        page.locator("#agree").click()
        screen.accompany(page, person, look=lambda kind: _captcha(page, kind, folder))
        expect(page.locator("[data-phase=done]")).to_be_visible()
        _shoot(page, folder / "borrower-done.png")


def _captcha(page: Page, kind: str, folder: Path) -> None:
    if kind in ("slider", "picture"):
        _shoot(page, folder / "borrower-captcha.png")


def _console(house: House, folder: Path) -> None:
    olivia = users.known(house.home)["olivia"]
    with screen.phone_sized() as page:
        page.set_viewport_size({"width": _DESKTOP["width"], "height": _DESKTOP["height"]})
        page.goto(f"{house.url}/console")
        page.locator("input[name=name]").fill("olivia")
        page.locator("input[name=password]").fill(olivia["password"])
        page.locator("button.primary").click()
        page.locator("input[name=code]").fill(olivia["code"])
        page.locator("button.primary").click()
        page.locator("table").first.wait_for()
        _shoot(page, folder / "console.png")


def _shoot(page: Page, path: Path) -> None:
    page.wait_for_function(
        "document.fonts.status === 'loaded' && [...document.images].every(i => i.complete)"
    )
    page.screenshot(path=path)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
