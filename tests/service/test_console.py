"""The console: for users of the tenant, within their roles, with masks and guarded buttons."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from authz.access.roles import PERMISSIONS, Permission, Role
from authz.authorization import State
from connectors.interface import ChallengeKind
from schema.dataset import Dataset, Route
from service.console.login import COOKIE
from service.console.words import QUESTIONS
from tests.service.conftest import Service
from tests.service.test_api import refused


def form_token(browser: TestClient) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', browser.get("/console").text)
    assert found
    return found[1]


def press(browser: TestClient, path: str, **fields: str) -> Any:
    """A form of the console, with its token."""
    return browser.post(path, data={"form_token": form_token(browser), **fields})


@pytest.mark.parametrize(
    "path", ["/console", "/console/auth_x", "/console/approvals", "/console/users", "/console/code"]
)
def test_whoever_is_not_signed_in_is_asked_to(service: Service, path: str) -> None:
    browser = service.browser(follow_redirects=False)
    for cookie in (None, "key_1.9999999999.00", "nonsense", "..", service.key):
        if cookie:
            browser.cookies.set(COOKIE, cookie)
        reply = browser.get(path)
        assert (reply.status_code, reply.headers["location"]) == (303, "/console/sign-in")


def test_the_list_shows_state_error_and_score_with_masked_ids(service: Service) -> None:
    failed, done = service.agreed(), service.agreed()
    service.fail(failed["id"], "account_locked")
    service.grant(done["id"])
    service.finish(done["id"])
    page = service.console().get("/console").text
    for text in ("账号已被税务门户锁定", "612 B", "¥250,000.00", "广东", "重新运行"):
        assert text in page
    assert failed["taxpayer_id"] not in page
    assert page.count("/rerun") == 1, "only what failed can be re-run"
    only = service.console().get("/console", params={"state": "failed"}).text
    assert failed["id"] in only
    assert done["id"] not in only


def test_the_detail_tells_the_whole_story(service: Service) -> None:
    done = service.agreed()
    current = service.shop.ledger.authorization(done["id"])
    attempt = service.shop.attempts.begin(current, Route.API, "preferred")
    service.shop.attempts.end(attempt, current.id, "failed", error_code="portal_timeout")
    attempt = service.shop.attempts.begin(current, Route.RPA, "api failed with portal_timeout")
    service.shop.attempts.end(attempt, current.id, "granted")
    service.grant(done["id"])
    service.collect(done["id"], Dataset.INVOICE)
    service.finish(done["id"])
    page = service.console().get(f"/console/{done['id']}").text
    for text in (
        "api failed with portal_timeout",
        "税务门户响应超时",
        "发票（开具与取得）",
        "unknown_field",
        "score.kept",
    ):
        assert text in page
    assert done["taxpayer_id"] not in page
    english = service.console().get(f"/console/{done['id']}", params={"lang": "en"}).text
    assert "The tax portal took too long to answer." in english


@pytest.mark.parametrize("kind", ChallengeKind)
def test_what_the_borrower_is_asked_stands_there_in_words(service: Service, kind: ChallengeKind) -> None:
    done = service.agreed()
    service.ask(done["id"], kind, poll_seconds=float(kind is ChallengeKind.QR))
    shown = service.console().get(f"/console/{done['id']}").text
    assert f"<dd>{QUESTIONS[kind]['zh']}</dd>" in shown


def test_another_tenants_authorization_is_unknown(service: Service) -> None:
    id = service.submit()["id"]
    stranger = service.console(tenant="other")
    assert id not in stranger.get("/console").text
    refused(stranger.get(f"/console/{id}"), 404, "authorization_unknown")
    refused(press(stranger, f"/console/{id}/rerun"), 404, "authorization_unknown")


def test_an_operator_re_runs_what_failed(service: Service) -> None:
    id = service.agreed()["id"]
    service.fail(id, "portal_unavailable")
    browser = service.console()
    assert press(browser, f"/console/{id}/rerun").status_code == 200
    assert service.legs[-1].leg_key == f"{id}.2.1"


def test_a_fresh_link_for_the_borrower_is_shown_once(service: Service) -> None:
    id = service.agreed()["id"]
    browser = service.console()
    page = press(browser, f"/console/{id}/link").text
    token = page.partition("/link/")[2].partition("<")[0]
    assert service.shop.links.look(token, "a browser") == id
    assert token not in browser.get(f"/console/{id}").text


# --- guarded forms ---


@pytest.mark.parametrize("sent", [{}, {"form_token": ""}, {"form_token": "0" * 64}])
def test_a_form_that_the_console_did_not_show_is_refused(service: Service, sent: dict[str, Any]) -> None:
    id = service.agreed()["id"]
    service.fail(id, "portal_unavailable")
    refused(service.console().post(f"/console/{id}/rerun", data=sent), 422, "invalid_request")
    assert service.shop.ledger.authorization(id).state is State.FAILED


def test_another_sessions_form_token_is_refused(service: Service) -> None:
    id = service.agreed()["id"]
    theirs = form_token(service.console())
    reply = service.console().post(f"/console/{id}/link", data={"form_token": theirs})
    refused(reply, 422, "invalid_request")


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_a_form_from_another_site_is_refused_even_at_the_sign_in(
    service: Service, headers: dict[str, str]
) -> None:
    form = {"name": "li.na", "password": "x"}
    reply = service.browser().post("/console/sign-in", data=form, headers=headers)
    refused(reply, 422, "invalid_request")


# --- roles ---

BUTTONS = {
    Permission.RERUN: ("rerun", {}),
    Permission.LINK: ("link", {}),
    Permission.UNMASK: ("unmask", {"reason": "audit"}),
    Permission.ASK_WITHDRAWAL: ("approvals", {"ask": "withdraw", "reason": "audit"}),
    Permission.ASK_EXPORT: ("approvals", {"ask": "export_evidence", "reason": "audit"}),
}


@pytest.mark.parametrize("role", Role)
def test_a_role_does_what_its_permissions_say_and_nothing_else(service: Service, role: Role) -> None:
    id = service.agreed()["id"]
    service.fail(id, "portal_unavailable")
    browser = service.console(role)
    for permission, (button, fields) in BUTTONS.items():
        reply = press(browser, f"/console/{id}/{button}", **fields)
        if permission in PERMISSIONS[role]:
            assert reply.status_code == 200, (role, permission)
        else:
            refused(reply, 403, "permission_missing")
    for permission, page in ((Permission.USERS, "users"), (Permission.EVIDENCE, f"{id}/attempts/1/evidence")):
        allowed = permission in PERMISSIONS[role]
        assert (browser.get(f"/console/{page}").status_code == 403) is not allowed


@pytest.mark.parametrize("role", Role)
def test_a_page_offers_no_button_that_the_role_lacks(service: Service, role: Role) -> None:
    id = service.agreed()["id"]
    current = service.shop.ledger.authorization(id)
    attempt = service.shop.attempts.begin(current, Route.API, "preferred")
    service.shop.attempts.end(attempt, id, "failed", evidence_ref="vault:data/con_1/evidence/1/1")
    service.fail(id, "portal_unavailable")
    page = service.console(role).get(f"/console/{id}").text
    for permission, (button, fields) in BUTTONS.items():
        if "ask" not in fields:
            assert (f"/console/{id}/{button}" in page) is (permission in PERMISSIONS[role])
    assert (f"/console/{id}/attempts/1/evidence" in page) is (Permission.EVIDENCE in PERMISSIONS[role])
    assert ('value="withdraw"' in page) is (Permission.ASK_WITHDRAWAL in PERMISSIONS[role])
