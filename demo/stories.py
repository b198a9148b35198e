"""Twelve loan applications over three regions: ten that go their way, one wrong password, one fallback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Context
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.clients import Borrower, LoanSystem

SANDBOX = ("--regions", "44,31,51", "--count", "8", "--invoices", "600")


def _nothing_to_check(loans: LoanSystem, id: str) -> str:
    return ""


@dataclass(frozen=True)
class Story:
    """One application and its borrower. ``state`` and ``error`` are how it should end; ``around`` is what
    happens at the portal meanwhile; ``check`` looks at the result and says what it found, ✗ first when
    wrong."""

    title: str
    application: dict[str, Any]
    act: Callable[[dict[str, Any]], None]
    state: str = "granted"
    error: str | None = None
    around: Callable[[], Context[None]] = nullcontext
    check: Callable[[LoanSystem, str], str] = _nothing_to_check


def plan(portals: Portals, _: Path | None = None) -> list[list[Story]]:
    """Two waves: the fallback comes last, since its fault strikes a whole portal."""
    api, pages, both = (people(portals, portal) for portal in ("31.api", "51.rpa", "44.api"))
    usual = [
        *(by_link("API, SMS code", person) for person in api[:3]),
        by_page("SMS code on the borrower's page", api[3]),
        *(by_link("browser, captcha and SMS", person) for person in pages[:3]),
        *(by_link("API preferred", person) for person in both[:3]),
        wrong_password(pages[3]),
    ]
    return [usual, [fallback(both[3], portals)]]


def application(person: Person, **more: Any) -> dict[str, Any]:
    """What the loan system sends."""
    who = {"name": person.name, "person_id": person.person_id, "phone": person.phone}
    asked = {"taxpayer_id": person.taxpayer_id, "region": person.region, "person": who, "product": "general"}
    return asked | {"amount": "1000000", "term_months": 12} | more


def by_link(title: str, person: Person, **more: Any) -> Story:
    """The borrower's part over HTTP, as the page's script does it."""

    def act(submitted: dict[str, Any]) -> None:
        borrower = Borrower(submitted["link_url"], person)
        borrower.agree(submitted["consent"]["text_sha256"])
        borrower.accompany()

    return Story(title, application(person, **more), act)


def by_page(title: str, person: Person) -> Story:
    """The borrower's part on the real page in a real browser."""

    def act(submitted: dict[str, Any]) -> None:
        from demo.page import drive

        drive(submitted["link_url"], person)

    return Story(title, application(person), act)


def wrong_password(person: Person) -> Story:
    """Stops cleanly: the portal says no once, and nothing is sent again."""
    mistaken = replace(person, password="Not-my-password-1")
    story = by_link("wrong password", mistaken)
    return replace(story, state="failed", error="credentials_rejected")


def fallback(person: Person, portals: Portals) -> Story:
    """The region's API is down: the router takes the pages."""

    @contextmanager
    def api_down() -> Iterator[None]:
        portals.fault(f"{person.region}.api", "down")
        try:
            yield
        finally:
            portals.clear()

    return replace(by_link("API down: falls back to the browser", person), around=api_down)
