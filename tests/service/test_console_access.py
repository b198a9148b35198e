"""Coming into the console, through its own forms; users, four eyes and masks on its pages."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from authz.access.roles import Role
from authz.access.throttle import FREE
from authz.authorization import State
from schema.dataset import Route
from service.console.login import COOKIE
from store import access_tables
from store.database import now
from tests.service.conftest import Service, make
from tests.service.test_api import refused
from tests.service.test_console import press

PASSWORD = "correct horse battery"


@pytest.fixture
def user(service: Service) -> str:
    return service.shop.access.users.add("bank", "li.na", Role.RISK, PASSWORD, actor="cli").name


def typed(browser: TestClient, **fields: str) -> Any:
    return browser.post("/console/sign-in", data=fields)


def coded(browser: TestClient, code: str) -> Any:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', browser.get("/console/code").text)
    assert found
    return browser.post("/console/code", data={"form_token": found[1], "code": code})


# --- signing in ---


def test_the_first_sign_in_shows_a_code_to_scan_then_recovery_codes_once(service: Service, user: str) -> None:
    browser = service.browser()
    page = typed(browser, name=user, password=PASSWORD).text
    assert "data:image/png;base64," in page
    secret = re.search(r"secret=([A-Z2-7]{32})", page)
    assert secret
    assert browser.get("/console", follow_redirects=False).status_code == 303, "not in yet"
    done = coded(browser, pyotp.TOTP(secret[1]).now())
    recovery = re.findall(r"[2-9A-HJ-NP-TV-Z]{5}-[2-9A-HJ-NP-TV-Z]{5}", done.text)
    assert len(recovery) == 8
    assert "li.na" in browser.get("/console").text
    again = service.browser()
    page = typed(again, name=user, password=PASSWORD).text
    assert secret[1] not in page, "what codes are made from is never shown again"
    assert coded(again, recovery[0]).status_code == 200
    assert "li.na" in again.get("/console").text


def test_the_cookie_is_out_of_reach_and_changes_at_every_step(service: Service, user: str) -> None:
    browser = service.browser(follow_redirects=False)
    first = typed(browser, name=user, password=PASSWORD)
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/console" in cookie
    before = browser.cookies[COOKIE]
    secret = service.shop.access.users.secret(service.shop.access.users.by_name(user))
    coded(browser, pyotp.TOTP(secret).now())
    assert browser.cookies[COOKIE] != before
    stale = service.browser(follow_redirects=False, cookies={COOKIE: before})
    assert stale.get("/console/code").status_code == 303


def test_behind_tls_the_cookie_is_secure_and_browsers_stay_there(tmp_path: Any) -> None:
    made = make(tmp_path, public_url="https://tax.bank.example")
    made.shop.access.users.add("bank", "li.na", Role.RISK, PASSWORD, actor="cli")
    reply = typed(made.browser(follow_redirects=False), name="li.na", password=PASSWORD)
    assert "secure" in reply.headers["set-cookie"].lower()
    assert reply.headers["strict-transport-security"].startswith("max-age=31536000")
    made.shop.close()


def test_an_unknown_name_and_a_wrong_password_look_the_same(service: Service, user: str) -> None:
    unknown = typed(service.browser(), name="nobody", password=PASSWORD)
    wrong = typed(service.browser(), name=user, password="something else 1")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.text == wrong.text
    assert "不正确" in wrong.text


def test_too_many_tries_are_told_how_long_to_wait(service: Service, user: str) -> None:
    for _ in range(FREE["user"]):
        typed(service.browser(), name=user, password="something else 1")
    reply = typed(service.browser(), name=user, password=PASSWORD)
    assert reply.status_code == 429
    assert 0 < int(reply.headers["retry-after"]) <= 30
    assert "尝试次数过多" in reply.text


def test_an_api_key_opens_no_console(service: Service) -> None:
    assert typed(service.browser(), name="loans", password=service.key).status_code == 401


def test_signing_out_ends_the_session_at_the_server(service: Service) -> None:
    browser = service.console()
    token = browser.cookies[COOKIE]
    press(browser, "/console/sign-out")
    stolen = service.browser(follow_redirects=False, cookies={COOKIE: token})
    assert stolen.get("/console").status_code == 303


# --- users ---


def test_an_administrator_adds_disables_and_resets_others_of_the_tenant(service: Service) -> None:
    admin = service.console(Role.ADMIN)
    page = press(admin, "/console/users", name="new.one", role="auditor", password=PASSWORD).text
    assert "new.one" in page
    users = service.shop.access.users
    added = users.by_name("new.one")
    assert (added.tenant, added.role) == ("bank", Role.AUDITOR)
    assert press(admin, f"/console/users/{added.id}", change="disable").status_code == 200
    assert users.by_name("new.one").disabled_at is not None
    assert (
        "至少五种" in press(admin, "/console/users", name="weak", role="risk", password="aaaaaaaaaaaaa").text
    )
    me = users.by_name("bank.admin1")
    refused(press(admin, f"/console/users/{me.id}", change="disable"), 422, "invalid_request")
    stranger = users.add("other", "else.where", Role.ADMIN, PASSWORD, actor="cli")
    refused(press(admin, f"/console/users/{stranger.id}", change="disable"), 404, "user_unknown")


# --- four eyes ---


def approval_of(service: Service, id: str) -> str:
    with service.shop.store.connect() as connection:
        table = access_tables.approval
        return str(connection.execute(table.select().where(table.c.authorization_id == id)).scalars().first())


def test_a_withdrawal_by_staff_needs_a_second_user(service: Service) -> None:
    id = service.agreed()["id"]
    operator, risk = service.console(), service.console(Role.RISK)
    refused(press(operator, f"/console/{id}/withdraw"), 404, "not_found")
    press(operator, f"/console/{id}/approvals", ask="withdraw", reason="borrower_request")
    asked = approval_of(service, id)
    refused(press(operator, f"/console/approvals/{asked}/execute"), 409, "approval_impossible")
    assert service.shop.ledger.authorization(id).state is State.WORKING
    assert press(risk, f"/console/approvals/{asked}/decide", decision="grant").status_code == 200
    assert press(operator, f"/console/approvals/{asked}/execute").status_code == 200
    assert service.shop.ledger.authorization(id).state is State.CLOSED
    kinds = [each["kind"] for each in service.shop.ledger.events(id)]
    assert [each for each in kinds if each.startswith("approval")] == [
        "approval.asked",
        "approval.granted",
        "approval.executed",
    ]


def test_an_export_leaves_once_and_for_its_asker_alone(service: Service) -> None:
    id = service.agreed()["id"]
    service.grant(id)
    service.finish(id)
    one, two = service.console(Role.RISK), service.console(Role.RISK, number=2)
    press(one, f"/console/{id}/approvals", ask="export_table", reason="loan_review", what="invoice")
    asked = approval_of(service, id)
    refused(press(one, f"/console/approvals/{asked}/decide", decision="grant"), 409, "approval_impossible")
    press(two, f"/console/approvals/{asked}/decide", decision="grant")
    refused(press(two, f"/console/approvals/{asked}/execute"), 409, "approval_impossible")
    sent = press(one, f"/console/approvals/{asked}/execute")
    assert sent.headers["content-disposition"].startswith("attachment")
    sheet = CalamineWorkbook.from_filelike(BytesIO(sent.content)).get_sheet_by_index(0)
    assert len(sheet.to_python()) == 1 + 3
    refused(press(one, f"/console/approvals/{asked}/execute"), 409, "approval_impossible")


def test_nothing_is_asked_for_that_is_not_there(service: Service) -> None:
    id = service.agreed()["id"]
    reply = press(
        service.console(Role.RISK),
        f"/console/{id}/approvals",
        ask="export_table",
        reason="audit",
        what="nope",
    )
    refused(reply, 422, "unknown_scope")


def test_machines_need_no_second_user(service: Service) -> None:
    id = service.agreed()["id"]
    assert service.api.post(f"/v1/authorizations/{id}/withdraw").status_code == 200


# --- masks ---

SECRETS = ("张三", "440106199001011234", "13800138000")
"""The person of every submission of these tests."""


def test_numbers_and_names_are_masked_for_every_role_on_every_page(service: Service) -> None:
    done = service.agreed()
    current = service.shop.ledger.authorization(done["id"])
    attempt = service.shop.attempts.begin(current, Route.RPA, "preferred")
    detail = "the page shows 6222 0212 3456 7890 123 of 13912345678"
    service.shop.attempts.end(attempt, current.id, "failed", detail=detail)
    for role in Role:
        browser = service.console(role)
        for path in ("/console", f"/console/{done['id']}", "/console/approvals"):
            page = browser.get(path).text
            for secret in (*SECRETS, done["taxpayer_id"], "13912345678", "6222 0212 3456 7890 123"):
                assert secret not in page, (role, path)


def test_unmasking_shows_one_authorization_to_one_session_for_a_while(service: Service) -> None:
    done, other = service.agreed(), service.agreed()
    browser = service.console()
    shown = press(browser, f"/console/{done['id']}/unmask", reason="complaint").text
    for secret in (*SECRETS, done["taxpayer_id"]):
        assert secret in shown
    for page in (
        browser.get("/console").text,
        browser.get(f"/console/{other['id']}").text,
        service.console().get(f"/console/{done['id']}").text,
    ):
        assert not any(secret in page for secret in (*SECRETS, done["taxpayer_id"]))
    assert service.shop.ledger.events(done["id"])[-1]["kind"] == "unmasked"
    with service.shop.store.begin() as connection:
        connection.execute(update(access_tables.unmasking).values(expires_at=now()))
    assert "张三" not in browser.get(f"/console/{done['id']}").text


def test_a_reason_is_one_of_the_list(service: Service) -> None:
    id = service.agreed()["id"]
    refused(press(service.console(), f"/console/{id}/unmask", reason="because"), 422, "invalid_request")
    assert service.shop.ledger.events(id)[-1]["kind"] != "unmasked"
