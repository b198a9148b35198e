"""The console: for operators of the tenant, with masked ids, and two guarded buttons."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from authz.authorization import State
from connectors.interface import ChallengeKind
from schema.dataset import Dataset, Route
from service.console.login import COOKIE
from service.console.words import QUESTIONS
from store import tables
from store.database import now
from tests.service.conftest import Service
from tests.service.test_api import refused


def signed_in(service: Service, key: str | None = None) -> TestClient:
    browser = service.browser()
    assert browser.post("/console/sign-in", data={"key": key or service.key}).status_code == 200
    return browser


def form_token(browser: TestClient) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', browser.get("/console").text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/console", "/console/auth_x"])
def test_whoever_is_not_signed_in_is_asked_to(service: Service, path: str) -> None:
    browser = service.browser(follow_redirects=False)
    for cookie in (None, "key_1.9999999999.00", "nonsense", "..", "key.x.y"):
        if cookie:
            browser.cookies.set(COOKIE, cookie)
        reply = browser.get(path)
        assert (reply.status_code, reply.headers["location"]) == (303, "/console/sign-in")


def test_a_wrong_key_is_told_so(service: Service) -> None:
    reply = service.browser().post("/console/sign-in", data={"key": "tlk_wrong"})
    assert reply.status_code == 401
    assert "密钥无效" in reply.text


def test_the_session_cookie_is_strict_and_ends_with_its_key(service: Service) -> None:
    browser = service.browser(follow_redirects=False)
    cookie = browser.post("/console/sign-in", data={"key": service.key}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert service.key.lower() not in cookie
    assert browser.get("/console").status_code == 200
    with service.shop.store.begin() as connection:
        connection.execute(update(tables.api_key).values(revoked_at=now()))
    assert browser.get("/console").status_code == 303


def test_the_list_shows_state_error_and_score_with_masked_ids(service: Service) -> None:
    failed, done = service.agreed(), service.agreed()
    service.fail(failed["id"], "account_locked")
    service.grant(done["id"])
    service.finish(done["id"])
    page = signed_in(service).get("/console").text
    for text in ("账号已被税务门户锁定", "612 B", "¥250,000.00", "广东", "重新运行"):
        assert text in page
    assert failed["taxpayer_id"] not in page
    assert page.count("/rerun") == 1, "only what failed can be re-run"
    only = signed_in(service).get("/console", params={"state": "failed"}).text
    assert failed["id"] in only
    assert done["id"] not in only


def test_the_detail_tells_the_whole_story(service: Service) -> None:
    done = service.agreed()
    current = service.shop.ledger.authorization(done["id"])
    attempt = service.shop.casefile.begin_attempt(current, Route.API, "preferred")
    service.shop.casefile.end_attempt(attempt, current.id, "failed", error_code="portal_timeout")
    attempt = service.shop.casefile.begin_attempt(current, Route.RPA, "api failed with portal_timeout")
    service.shop.casefile.end_attempt(attempt, current.id, "granted")
    service.grant(done["id"])
    service.collect(done["id"], Dataset.INVOICE)
    service.finish(done["id"])
    page = signed_in(service).get(f"/console/{done['id']}").text
    for text in (
        "api failed with portal_timeout",
        "税务门户响应超时",
        "发票（开具与取得）",
        "unknown_field",
        "score.kept",
    ):
        assert text in page
    assert done["taxpayer_id"] not in page
    english = signed_in(service).get(f"/console/{done['id']}", params={"lang": "en"}).text
    assert "The tax portal took too long to answer." in english


@pytest.mark.parametrize("kind", ChallengeKind)
def test_what_the_borrower_is_asked_stands_there_in_words(service: Service, kind: ChallengeKind) -> None:
    done = service.agreed()
    service.ask(done["id"], kind, poll_seconds=float(kind is ChallengeKind.QR))
    shown = signed_in(service).get(f"/console/{done['id']}").text
    assert f"<dd>{QUESTIONS[kind]['zh']}</dd>" in shown


def test_another_tenants_authorization_is_unknown(service: Service) -> None:
    id = service.submit()["id"]
    stranger = signed_in(service, service.other_key)
    assert id not in stranger.get("/console").text
    refused(stranger.get(f"/console/{id}"), 404, "authorization_unknown")
    guarded = {"form_token": form_token(stranger)}
    refused(stranger.post(f"/console/{id}/withdraw", data=guarded), 404, "authorization_unknown")


def test_the_buttons_re_run_and_withdraw(service: Service) -> None:
    id = service.agreed()["id"]
    service.fail(id, "portal_unavailable")
    browser = signed_in(service)
    guarded = {"form_token": form_token(browser)}
    assert browser.post(f"/console/{id}/rerun", data=guarded).status_code == 200
    assert service.legs[-1].leg_key == f"{id}.2.1"
    assert browser.post(f"/console/{id}/withdraw", data=guarded).status_code == 200
    assert service.shop.ledger.authorization(id).state is State.CLOSED
    events = service.shop.ledger.events(id)
    assert events[-1]["kind"] == "authorization.moved"


def test_a_fresh_link_for_the_borrower_is_shown_once(service: Service) -> None:
    id = service.agreed()["id"]
    browser = signed_in(service)
    page = browser.post(f"/console/{id}/link", data={"form_token": form_token(browser)}).text
    token = page.partition("/link/")[2].partition("<")[0]
    assert service.shop.links.look(token, "a browser") == id
    assert token not in browser.get(f"/console/{id}").text


@pytest.mark.parametrize("sent", [{}, {"form_token": ""}, {"form_token": "0" * 64}])
def test_a_form_that_the_console_did_not_show_is_refused(service: Service, sent: dict[str, Any]) -> None:
    id = service.agreed()["id"]
    refused(signed_in(service).post(f"/console/{id}/withdraw", data=sent), 422, "invalid_request")
    assert service.shop.ledger.authorization(id).state is State.WORKING


def test_another_sessions_form_token_is_refused(service: Service) -> None:
    id = service.agreed()["id"]
    theirs = form_token(signed_in(service, service.other_key))
    reply = signed_in(service).post(f"/console/{id}/withdraw", data={"form_token": theirs})
    refused(reply, 422, "invalid_request")


def test_signing_out_ends_the_session_of_the_browser(service: Service) -> None:
    browser = signed_in(service)
    browser.post("/console/sign-out", data={"form_token": form_token(browser)})
    assert COOKIE not in browser.cookies
