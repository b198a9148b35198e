"""The borrower's page in a real browser, against a real portal: from the tap to 授权成功."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from demo import page as screen
from demo.clients import LoanSystem
from demo.stories import application

if TYPE_CHECKING:
    from conftest import Desk

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def loans(desk: Desk) -> Iterator[LoanSystem]:
    desk.house.serve()
    bearer, _ = desk.shop.api_keys.issue("bank", "test")
    yield LoanSystem(desk.house.url, bearer)
    desk.house.end("serve")


def test_from_tap_to_success_with_captcha_and_sms_code(desk: Desk, loans: LoanSystem, tmp_path: Path) -> None:
    person = desk.people("51.rpa")[-1]
    submitted: dict[str, Any] = loans.submit(application(person))
    with screen.phone_sized() as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(submitted["link_url"])
        expect(page.locator("#text-zh")).to_have_text(submitted["consent"]["text_zh"], use_inner_text=True)
        expect(page.locator("#region")).to_contain_text("四川")
        page.locator("#agree").click()
        kinds = screen.accompany(page, person)
        done = page.locator("[data-phase=done]")
        expect(done).to_be_visible()
        expect(done.locator("h1")).to_contain_text("授权成功")
        assert complaints == []
    assert kinds[0] == "credentials"
    assert {"picture", "slider"} & set(kinds)
    assert "sms_code" in kinds
    stored = loans.get(submitted["id"])
    assert stored["state"] == "granted"
    assert len(desk.journal("51.rpa", "grant_made", person)) == 1


def test_one_tap_withdraws_after_success(desk: Desk, loans: LoanSystem) -> None:
    person = desk.people("31.api")[-1]
    submitted = loans.submit(application(person))
    with screen.phone_sized() as page:
        screen.tap(page, submitted["link_url"])
        assert screen.accompany(page, person) == ["sms_code"]
        page.locator("#withdraw").click()
        page.locator("#confirm button.danger").click()
        expect(page.locator("[data-phase=closed]")).to_be_visible()
    assert loans.get(submitted["id"])["state"] == "closed"
