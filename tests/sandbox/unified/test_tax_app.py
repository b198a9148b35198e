"""Sign-ins that the tax app decides, over HTTP as a browser and a phone would, without either."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from lxml import html

BY_CODE, BEHIND_FORM, BY_APP = "2102.rpa", "54.rpa", "63.rpa"


@dataclass
class Visitor:
    """A browser with cookies of its own."""

    base: str

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.base + path, timeout=10)

    def post(self, path: str, **form: Any) -> requests.Response:
        return self.http.post(self.base + path, data=form, timeout=10)

    def code(self) -> str:
        """The picture of the code on the page, in base64."""
        page = html.fromstring(self.get("/tpass/qr").text)
        return page.get_element_by_id("tx-qr-picture").get("src").partition(",")[2]

    def state(self) -> dict[str, str]:
        return self.get("/tpass/app/state").json()


@pytest.fixture(scope="module")
def portals(start_sandbox):
    return start_sandbox(
        "--regions", "2102,54,63", "--families", "unified", "--count", "4", "--invoices", "5"
    )


@pytest.fixture
def visitor(portals):
    return lambda portal: Visitor(portals.endpoints[portal]["base_url"])


def somebody(portals, portal: str, roles: int = 1) -> dict[str, Any]:
    everybody = (person for company in portals.companies(portal) for person in company["people"])
    return next(person for person in everybody if len(person["roles"]) == roles)


def sign_ins(portals, account: str) -> list[dict[str, str]]:
    return [task for task in portals.tax_app(BY_APP, account) if task["kind"] == "sign_in"]


def test_a_scanned_and_confirmed_code_signs_in_whoever_scanned_it(portals, visitor):
    person, browser = somebody(portals, BY_CODE), visitor(BY_CODE)
    code = browser.code()
    assert browser.state()["state"] == "waiting"
    assert not portals.decide(BY_CODE, person["person_id"], "confirm", picture=code), "not scanned yet"
    assert portals.decide(BY_CODE, person["person_id"], "scan", picture=code)
    assert browser.state()["state"] == "scanned"
    early = browser.http.get(f"{browser.base}/tpass/app/enter", allow_redirects=False, timeout=10)
    assert early.headers["location"] == "/tpass/login", "not confirmed yet"
    assert portals.decide(BY_CODE, person["phone"], "confirm", picture=code), "a phone number is an account"
    page = html.fromstring(browser.get(browser.state()["go"]).text)
    assert page.get_element_by_id("tx-company-id").text in person["roles"]


def test_a_code_that_somebody_scanned_is_theirs_and_works_in_its_own_browser_alone(portals, visitor):
    mine, thief = visitor(BY_CODE), visitor(BY_CODE)
    first, other = (each["people"][0]["person_id"] for each in portals.companies(BY_CODE)[:2])
    code, _ = mine.code(), thief.code()
    assert portals.decide(BY_CODE, first, "scan", picture=code)
    assert not portals.decide(BY_CODE, other, "confirm", picture=code)
    assert portals.decide(BY_CODE, first, "confirm", picture=code)
    assert "tx-company-id" not in thief.get("/tpass/app/enter").text
    assert "go" not in thief.state()


def test_somebody_whom_this_portal_does_not_know_gets_nowhere(portals, visitor):
    browser, foreigner = visitor(BY_CODE), somebody(portals, BEHIND_FORM)["person_id"]
    code = browser.code()
    assert portals.decide(BEHIND_FORM, foreigner, "scan", picture=code), "it is one app"
    assert portals.decide(BEHIND_FORM, foreigner, "confirm", picture=code)
    assert "tx-company-id" not in browser.get(browser.state()["go"]).text


def test_an_expired_code_is_worth_nothing_and_is_renewed(portals, visitor):
    person, browser = somebody(portals, BY_CODE)["person_id"], visitor(BY_CODE)
    code = browser.code()
    portals.shift_clock(121)
    assert browser.state()["state"] == "expired"
    assert not portals.decide(BY_CODE, person, "scan", picture=code)
    renewed = browser.post("/tpass/qr").json()["picture"].partition(",")[2]
    assert renewed != code
    assert browser.state()["state"] == "waiting"
    assert not portals.decide(BY_CODE, person, "scan", picture=code)
    assert portals.decide(BY_CODE, person, "scan", picture=renewed)


def test_a_picture_that_no_page_shows_is_unknown_to_the_app(portals):
    picture = base64.b64encode(b"something else").decode()
    with pytest.raises(requests.HTTPError):
        portals.decide(BY_CODE, somebody(portals, BY_CODE)["person_id"], "scan", picture=picture)


def test_a_portal_without_passwords_takes_none_and_another_offers_both(visitor):
    alone, both = visitor(BY_CODE), visitor(BEHIND_FORM)
    assert "tx-qr-picture" in alone.get("/etax/home").text
    assert "tx-to-password" not in alone.get("/tpass/qr").text
    assert alone.post("/tpass/login", company="x", account="y", password="z").status_code == 405
    assert "tx-to-qr" in both.get("/etax/home").text
    assert "tx-to-password" in both.get("/tpass/qr").text


def test_approval_is_asked_of_the_person_whose_password_was_right(portals, visitor):
    company, browser = portals.companies(BY_APP)[0], visitor(BY_APP)
    person, other = company["people"][0], portals.companies(BY_APP)[1]["people"][0]
    account = person["person_id"]
    browser.get("/etax/yssq")
    shown = browser.get(f"/tpass/captcha?account={account}").json()
    answer = portals.captcha(BY_APP, account)["solution"]
    word = browser.post("/tpass/captcha", id=shown["id"], answer=answer, account=account).json()["pass"]
    typed = {"company": company["taxpayer_id"], "account": account, "password": person["password"]}
    page = html.fromstring(browser.post("/tpass/login", **typed, **{"pass": word}).text)
    number = page.get_element_by_id("tx-approval-number").text
    (task,) = sign_ins(portals, account)
    assert (task["portal"], task["number"], task["state"]) == (BY_APP, number, "waiting")
    assert f"<b>{number}</b>" in browser.get(f"/_sandbox/app/{account}").text
    assert not sign_ins(portals, other["person_id"])
    assert not portals.decide(BY_APP, other["person_id"], "confirm", id=task["id"])
    assert "go" not in browser.state()
    assert portals.decide(BY_APP, account, "confirm", id=task["id"])
    assert not portals.decide(BY_APP, account, "refuse", id=task["id"]), "it is decided"
    assert "tx-grants" in browser.get(browser.state()["go"]).text or len(person["roles"]) > 1
    assert not portals.journal(BY_APP, "sms_sent")
