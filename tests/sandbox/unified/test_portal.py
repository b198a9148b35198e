"""The portal's pages, walked through over HTTP as a browser would, without one."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
import requests
from lxml import html
from python_calamine import CalamineWorkbook

PORTAL = "51.rpa"


@dataclass
class Visitor:
    """A person at the portal with cookies of their own."""

    base: str
    sandbox: Any
    person: dict[str, Any]

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.http.get(self.base + path, params=query, timeout=10)

    def post(self, path: str, **form: Any) -> requests.Response:
        return self.http.post(self.base + path, data=form, timeout=10)

    def solve(self) -> str:
        account = self.person["person_id"]
        shown = self.get("/tpass/captcha", account=account).json()
        solution = self.get(f"/tpass/_sandbox/captcha/{account}").json()["solution"]
        return self.post("/tpass/captcha", id=shown["id"], answer=solution, account=account).json()["pass"]

    def submit(self, company: str, password: str = "") -> requests.Response:
        self.get("/tpass/login")
        return self.post(
            "/tpass/login",
            **{
                "company": company,
                "account": self.person["person_id"],
                "password": password or self.person["password"],
                "pass": self.solve(),
            },
        )

    def sign_in(self, company: str) -> requests.Response:
        self.submit(company)
        answer = self.post("/tpass/sms", code=self.sandbox.sms_code(self.person["phone"]))
        if "tx-identity" in answer.text:
            answer = self.post("/tpass/identity", choice="0")
        return answer


@pytest.fixture(scope="module")
def portal(start_sandbox):
    return start_sandbox("--regions", "51", "--families", "unified", "--seed", "5", "--today", "2026-09-20")


@pytest.fixture(autouse=True)
def _no_faults(portal):
    yield
    portal.clear()


@pytest.fixture
def visit(portal):
    """``visit(company_index, person_index)``: (company, visitor)."""
    companies = portal.companies(PORTAL)

    def made(company: int, person: int = 0) -> tuple[dict[str, Any], Visitor]:
        found = companies[company]
        return found, Visitor(portal.endpoints[PORTAL]["base_url"], portal, found["people"][person])

    return made


def test_signed_in_person_sees_the_companys_name_and_id(visit):
    company, visitor = visit(0)
    page = html.fromstring(visitor.sign_in(company["taxpayer_id"]).text)
    assert page.get_element_by_id("tx-company-id").text == company["taxpayer_id"]
    assert page.get_element_by_id("tx-company-name").text == company["name"]


def test_every_page_sends_strangers_to_sign_in_and_back(visit):
    company, visitor = visit(0)
    for path in ("/etax/home", "/etax/nsrxx", "/etax/sbcx", "/etax/yssq", "/dppt/fpcx"):
        assert "tx-login" in visitor.get(path).text
    visitor.sign_in(company["taxpayer_id"])
    for path in ("/etax/home", "/etax/nsrxx", "/etax/sbcx", "/etax/yssq", "/dppt/fpcx"):
        assert company["taxpayer_id"] in visitor.get(path).text


def test_password_is_not_checked_before_the_captcha(visit, portal):
    company, visitor = visit(1)
    visitor.get("/tpass/login")
    form = {"company": company["taxpayer_id"], "account": visitor.person["person_id"], "password": "x"}
    assert "请完成安全验证" in visitor.post("/tpass/login", **form, **{"pass": "guessed"}).text
    assert visitor.person["person_id"] not in {
        entry["person_id"] for entry in portal.journal(PORTAL, "sign_in_rejected")
    }


def test_five_wrong_passwords_lock_the_account(visit, portal):
    company, visitor = visit(2)
    for left in (4, 3, 2, 1):
        assert f"您还可以尝试{left}次" in visitor.submit(company["taxpayer_id"], "wrong").text
    assert "账号已锁定" in visitor.submit(company["taxpayer_id"], "wrong").text
    assert "账号已锁定" in visitor.submit(company["taxpayer_id"]).text
    marks = [entry["mark"] for entry in portal.journal(PORTAL, "sign_in_rejected")]
    assert len(marks) == 5
    assert len(set(marks)) == 1, "the same wrong password came five times, and the journal shows it"
    assert "wrong" not in str(portal.journal(PORTAL))


def test_captcha_pictures_differ_and_pass_once(visit):
    _, visitor = visit(0)
    account = visitor.person["person_id"]
    first, second = (visitor.get("/tpass/captcha", account=account).json() for _ in range(2))
    assert first["picture"] != second["picture"]
    solution = visitor.get(f"/tpass/_sandbox/captcha/{account}").json()["solution"]
    answer = {"id": second["id"], "answer": solution, "account": account}
    assert "pass" in visitor.post("/tpass/captcha", **answer).json()
    assert "pass" not in visitor.post("/tpass/captcha", **answer).json()


def test_only_permitted_roles_may_authorize(visit, portal):
    company, visitor = visit(4, 2)
    roles = list(visitor.person["roles"].values())
    assert set(roles) == {"办税人"}
    page = visitor.sign_in(company["taxpayer_id"])
    assert "仅法定代表人或财务负责人" in visitor.get("/etax/yssq").text
    visitor.post("/etax/yssq", bank="示范银行", scope="taxpayer", term="12", agree="1", serial="s")
    assert page.ok
    assert not any(each["grants"] for each in portal.companies(PORTAL))


def test_same_grant_twice_is_one_receipt(visit, portal):
    company, visitor = visit(5)
    visitor.sign_in(company["taxpayer_id"])
    form = {"bank": "示范银行", "scope": ["invoice", "taxpayer"], "term": "12", "agree": "1"}
    first, second = (visitor.post("/etax/yssq", **form, serial=serial) for serial in ("a", "b"))
    assert first.url == second.url
    assert "授权成功" in first.text
    events = {
        entry["event"] for entry in portal.journal(PORTAL) if entry["taxpayer_id"] == company["taxpayer_id"]
    }
    assert {"grant_made", "grant_repeated"} <= events


def test_incomplete_grant_form_is_refused_with_a_message(visit):
    company, visitor = visit(6, 1)
    visitor.sign_in(company["taxpayer_id"])
    form = {"bank": "示范银行", "scope": ["taxpayer"], "term": "12", "agree": "1", "serial": "c"}
    for wrong in (
        {"bank": "别的银行"},
        {"scope": []},
        {"scope": ["passwords"]},
        {"term": "999"},
        {"agree": ""},
    ):
        assert (
            "请"
            in html.fromstring(visitor.post("/etax/yssq", **{**form, **wrong}).text)
            .get_element_by_id("tx-message")
            .text_content()
        )


def test_export_has_the_real_heading_and_a_row_a_line(visit, portal):
    company, visitor = visit(8, 1)
    visitor.sign_in(company["taxpayer_id"])
    asked = {"direction": "out", "start": "2026-01-01", "end": "2026-08-31"}
    page = html.fromstring(visitor.get("/dppt/fpcx", **asked).text)
    total = int(page.get_element_by_id("tx-total").text)
    book = CalamineWorkbook.from_filelike(io.BytesIO(visitor.get("/dppt/fpcx/export", **asked).content))
    heading, *rows = book.get_sheet_by_index(0).to_python()
    assert heading[:4] == ["序号", "发票代码", "发票号码", "数电发票号码"]
    assert heading[-3:] == ["发票风险等级", "开票人", "备注"]
    assert len(heading) == 27
    numbers = pl.Series([row[0] for row in rows])
    assert numbers.n_unique() == total <= len(rows)


def test_range_beyond_a_year_is_refused_with_a_message(visit):
    company, visitor = visit(8, 1)
    visitor.sign_in(company["taxpayer_id"])
    asked = {"direction": "out", "start": "2025-01-01", "end": "2026-01-01"}
    assert "不能超过12个月" in visitor.get("/dppt/fpcx", **asked).text
    assert "不能超过12个月" in visitor.get("/dppt/fpcx/export", **asked).text


def test_sign_out_ends_the_session_on_every_host(visit):
    company, visitor = visit(9)
    visitor.sign_in(company["taxpayer_id"])
    visitor.get("/dppt/fpcx")
    visitor.get("/tpass/logout")
    assert "tx-login" in visitor.get("/etax/home").text
    assert "tx-login" in visitor.get("/dppt/fpcx").text


def test_redirects_stay_within_the_portal(visit):
    company, visitor = visit(9, 1)
    visitor.get("/tpass/login", service="https://evil.example/etax/")
    visitor.sign_in(company["taxpayer_id"])
    answer = visitor.http.get(
        f"{visitor.base}/tpass/login",
        params={"service": "//evil.example/"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.headers["location"].startswith("/etax/sso?")


def test_changed_layout_has_other_names_and_still_works_for_a_person(visit, portal):
    company, visitor = visit(10, 1)
    portal.fault(PORTAL, "layout_changed")
    page = visitor.sign_in(company["taxpayer_id"]).text
    assert "tx-" not in page
    assert company["taxpayer_id"] in page


def test_idle_session_ends_after_a_quarter_of_an_hour(visit, portal):
    company, visitor = visit(10, 1)
    visitor.sign_in(company["taxpayer_id"])
    portal.shift_clock(899)
    assert company["taxpayer_id"] in visitor.get("/etax/home").text
    portal.shift_clock(901)
    assert "tx-login" in visitor.get("/etax/home").text
