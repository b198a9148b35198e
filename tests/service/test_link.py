"""The borrower's page: who may open it, what it accepts, and what it answers to everything else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from authz.authorization import State
from authz.challenges import ChallengeState
from authz.consent import ConsentState
from connectors.interface import Challenge, ChallengeKind, Option, Resume
from schema.dataset import Dataset, Route
from schema.errors import PortalMaintenance
from service.link.routes import COOKIE
from store import tables
from store.database import now
from tests.service.conftest import Service, lapse
from tests.service.test_api import refused


def state(done: dict[str, Any]) -> dict[str, Any]:
    """What the borrower's page shows."""
    seen: dict[str, Any] = done["browser"].get(f"/link/{done['token']}/state").json()
    return seen


def send(done: dict[str, Any], path: str, content: Any = None) -> Any:
    return done["browser"].post(f"/link/{done['token']}/{path}", json=content)


# --- the link ---


def test_an_unknown_link_shows_a_page_that_says_so(service: Service) -> None:
    reply = service.browser().get("/link/nothing")
    assert reply.status_code == 404
    assert "链接无效" in reply.text
    assert "This link is not valid." in reply.text


def test_an_expired_link_is_refused_with_its_own_message(service: Service) -> None:
    done = service.submit()
    browser = service.borrower(done["token"])
    with service.shop.store.begin() as connection:
        connection.execute(update(tables.link).values(expires_at=now()))
    reply = browser.get(f"/link/{done['token']}")
    assert reply.status_code == 410
    assert "链接已过期" in reply.text
    assert "This link has expired" in reply.text
    agreed = {"text_sha256": done["consent"]["text_sha256"]}
    refused(browser.post(f"/link/{done['token']}/agree", json=agreed), 410, "link_expired")


def test_a_link_belongs_to_the_browser_that_opened_it_first(service: Service) -> None:
    done = service.submit()
    assert service.borrower(done["token"]).get(f"/link/{done['token']}/state").status_code == 200
    stranger = service.browser()
    reply = stranger.get(f"/link/{done['token']}")
    assert reply.status_code == 410
    assert "链接已被使用" in reply.text
    stranger.cookies.set(COOKIE, "stolen")
    for path in ("state", "events"):
        refused(stranger.get(f"/link/{done['token']}/{path}"), 410, "link_used")
    refused(stranger.post(f"/link/{done['token']}/decline"), 410, "link_used")


def test_a_preview_of_the_link_does_not_take_it_from_its_borrower(service: Service) -> None:
    done = service.submit()
    service.borrower(done["token"])  # a messaging app reads the page and runs no script
    borrower = service.borrower(done["token"])
    assert borrower.get(f"/link/{done['token']}/state").status_code == 200


def test_the_browsers_cookie_is_out_of_the_scripts_reach(service: Service) -> None:
    reply = service.browser().get(f"/link/{service.submit()['token']}")
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/link" in cookie


def test_a_request_from_another_site_is_refused(service: Service) -> None:
    done = service.agreed()
    path = f"/link/{done['token']}/withdraw"
    refused(done["browser"].post(path, headers={"sec-fetch-site": "cross-site"}), 410, "link_used")
    refused(done["browser"].post(path, data={"a": "b"}), 415, "wrong_charset")
    assert service.shop.ledger.authorization(done["id"]).state is State.WORKING


def test_the_page_shows_bank_region_and_the_text_as_issued(service: Service) -> None:
    done = service.submit()
    page = service.borrower(done["token"]).get(f"/link/{done['token']}").text
    for text in ("示例银行", "Example Bank", "广东", "根据统一社会信用代码识别", done["consent"]["text_zh"]):
        assert text in page
    assert done["consent"]["text_sha256"] in page
    assert done["taxpayer_id"] not in page, "the company's id is masked"


def test_the_language_follows_the_browser_and_the_switch(service: Service) -> None:
    done = service.submit()
    browser, path = service.browser(), f"/link/{done['token']}"
    assert 'data-lang="zh"' in browser.get(path).text
    assert 'data-lang="en"' in browser.get(path, headers={"accept-language": "en-GB,en"}).text
    assert (
        'data-lang="zh"' in browser.get(path, headers={"accept-language": "en"}, params={"lang": "zh"}).text
    )


# --- consent ---


def test_one_tap_starts_the_first_leg_once(service: Service) -> None:
    done = service.agreed()
    assert [each.leg_key for each in service.legs] == [f"{done['id']}.1.1"]
    send(done, "agree", {"text_sha256": done["consent"]["text_sha256"]})
    assert {each.leg_key for each in service.legs} == {f"{done['id']}.1.1"}


def test_a_tampered_text_is_not_agreed_to(service: Service) -> None:
    done = service.submit()
    browser = service.borrower(done["token"])
    with service.shop.store.begin() as connection:
        zh = done["consent"]["text_zh"].replace("365", "36500")
        connection.execute(update(tables.consent).values(text_zh=zh))
    agreed = {"text_sha256": done["consent"]["text_sha256"]}
    refused(browser.post(f"/link/{done['token']}/agree", json=agreed), 409, "consent_text_mismatch")
    assert service.shop.ledger.authorization(done["id"]).state is State.REQUESTED
    assert service.legs == []


def test_another_text_than_the_issued_one_is_not_agreed_to(service: Service) -> None:
    done = service.submit()
    browser = service.borrower(done["token"])
    wrong = {"text_sha256": "0" * 64}
    refused(browser.post(f"/link/{done['token']}/agree", json=wrong), 409, "consent_text_mismatch")
    refused(browser.post(f"/link/{done['token']}/agree", json={}), 422, "invalid_request")


def test_a_borrower_who_does_not_agree_ends_it(service: Service) -> None:
    done = service.submit()
    done["browser"] = service.borrower(done["token"])
    seen = send(done, "decline").json()
    assert (seen["phase"], seen["closed_as"], seen["can"]) == ("closed", "rejected", [])
    refused(send(done, "agree", {"text_sha256": done["consent"]["text_sha256"]}), 409, "state_conflict")


# --- questions ---


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (ChallengeKind.CREDENTIALS, {"person_id": "440106199001011234", "password": "密 p@ss"}),
        (ChallengeKind.SMS_CODE, {"code": "246810"}),
        (ChallengeKind.PICTURE, {"text": "7KX4"}),
        (ChallengeKind.SLIDER, {"x": "187.5"}),
        (ChallengeKind.IDENTITY, {"choice": "r2"}),
        (ChallengeKind.APP_APPROVAL, {}),
        (ChallengeKind.REDIRECT, {"response": "code=" + "x" * 2000}),
    ],
)
def test_an_answer_reaches_the_worker_and_starts_the_next_leg(
    service: Service, kind: ChallengeKind, answer: dict[str, str]
) -> None:
    done = service.agreed()
    options = (Option("r1", "甲公司", "法定代表人"), Option("r2", "乙公司", "财务负责人"))
    asked = service.ask(done["id"], kind, picture=b"png", options=options)
    shown = state(done)["challenge"]
    assert (shown["id"], shown["kind"], shown["retry"], shown["renewed"]) == (asked.id, kind, False, False)
    assert shown["options"][1] == {"id": "r2", "label": "乙公司", "role": "财务负责人"}
    seen = send(done, f"answer/{asked.id}", answer).json()
    assert (seen["phase"], seen["challenge"]) == ("working", None)
    assert service.legs[-1].leg_key == f"{done['id']}.1.2"
    assert service.shop.challenges.take(service.shop.challenges.get(asked.id)) == answer


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (ChallengeKind.SMS_CODE, {}),
        (ChallengeKind.SMS_CODE, {"code": "abc"}),
        (ChallengeKind.SMS_CODE, {"code": "246810", "more": "x"}),
        (ChallengeKind.SLIDER, {"x": "-3"}),
        (ChallengeKind.SLIDER, {"x": "1e9"}),
        (ChallengeKind.IDENTITY, {"choice": "r9"}),
        (ChallengeKind.CREDENTIALS, {"person_id": "440106199001011234", "password": "x" * 200}),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_the_question_stays(
    service: Service, kind: ChallengeKind, answer: dict[str, str]
) -> None:
    done = service.agreed()
    asked = service.ask(done["id"], kind, options=(Option("r1", "甲公司"),))
    refused(send(done, f"answer/{asked.id}", answer), 422, "answer_invalid")
    assert service.shop.challenges.get(asked.id).state is ChallengeState.OPEN


@pytest.mark.parametrize("answer", [None, [], "2468", {"code": 2468}, {"code": None}, {"code": "x" * 5000}])
def test_an_answer_of_another_shape_is_refused(service: Service, answer: Any) -> None:
    done = service.agreed()
    asked = service.ask(done["id"], ChallengeKind.SMS_CODE)
    refused(send(done, f"answer/{asked.id}", answer), 422, "invalid_request")


def test_an_answer_to_another_persons_question_is_refused(service: Service) -> None:
    mine, theirs = service.agreed(), service.agreed()
    asked = service.ask(theirs["id"], ChallengeKind.SMS_CODE)
    refused(send(mine, f"answer/{asked.id}", {"code": "246810"}), 403, "challenge_not_yours")
    assert service.shop.challenges.get(asked.id).state is ChallengeState.OPEN


def test_an_answer_after_expiry_is_refused_and_another_run_is_offered(service: Service) -> None:
    done = service.agreed()
    asked = service.ask(done["id"], ChallengeKind.SMS_CODE)
    lapse(service, asked.id)
    assert (state(done)["phase"], state(done)["can"]) == ("expired", ["retry", "withdraw"])
    refused(send(done, f"answer/{asked.id}", {"code": "246810"}), 409, "challenge_expired")
    seen = state(done)
    assert (seen["phase"], seen["error"]["code"]) == ("failed", "challenge_expired")
    assert send(done, "retry").json()["phase"] == "working"
    assert service.legs[-1].leg_key == f"{done['id']}.2.1"


def test_a_session_that_the_portal_dropped_is_repaired_by_one_tap_on_a_fresh_link(service: Service) -> None:
    done = service.agreed()
    service.grant(done["id"])
    service.shop.ledger.move(done["id"], State.NEEDS_REPAIR, actor="pipeline", error_code="session_expired")
    told = service.api.get(f"/v1/authorizations/{done['id']}").json()
    assert (told["state"], told["error"]["actor"], told["error"]["action"]) == (
        "needs_repair",
        "borrower",
        "reauthorize",
    )
    url = service.api.post(f"/v1/authorizations/{done['id']}/link").json()["link_url"]
    token = url.rpartition("/")[2]
    fresh = {"id": done["id"], "token": token, "browser": service.borrower(token)}
    assert "Please sign in once more" in fresh["browser"].get(f"/link/{token}").text
    assert (state(fresh)["phase"], state(fresh)["can"]) == ("repair", ["retry", "withdraw"])
    assert send(fresh, "retry").json()["phase"] == "working"
    current = service.shop.ledger.authorization(done["id"])
    assert (current.leg_key, current.consent_id) == (f"{done['id']}.2.1", service.legs[0].consent_id)


def test_an_expired_question_can_be_renewed_at_once(service: Service) -> None:
    done = service.agreed()
    lapse(service, service.ask(done["id"], ChallengeKind.SMS_CODE).id)
    assert send(done, "retry").json()["phase"] == "working"


def test_the_expiry_of_a_live_page_is_left_to_its_worker(service: Service) -> None:
    done = service.agreed()
    current = service.shop.ledger.authorization(done["id"])
    live = Challenge(ChallengeKind.SLIDER, Resume.LIVE_PAGE, 60)
    asked = service.shop.challenges.put(current, Route.RPA, live, flow_state=None, owner="w1")
    lapse(service, asked.id)
    assert (state(done)["phase"], state(done)["can"]) == ("expired", ["withdraw"])
    refused(send(done, "retry"), 409, "state_conflict")


def test_an_answer_to_a_closed_or_unknown_question_is_refused(service: Service) -> None:
    done = service.agreed()
    asked = service.ask(done["id"], ChallengeKind.SMS_CODE)
    send(done, f"answer/{asked.id}", {"code": "246810"})
    refused(send(done, f"answer/{asked.id}", {"code": "111111"}), 409, "challenge_closed")
    refused(send(done, "answer/chg_none", {"code": "111111"}), 409, "challenge_closed")


def test_a_rejected_password_is_not_taken_again(service: Service) -> None:
    done = service.agreed()
    typed = {"person_id": "440106199001011234", "password": "wrong"}
    asked = service.ask(done["id"], ChallengeKind.CREDENTIALS)
    send(done, f"answer/{asked.id}", typed)
    ref = service.shop.challenges.get(asked.id).answer_ref
    assert ref is not None
    service.shop.secrets.sending(ref)
    service.shop.secrets.rejected(ref)
    again = service.ask(done["id"], ChallengeKind.CREDENTIALS, retry=True)
    reply = send(done, f"answer/{again.id}", typed)
    refused(reply, 409, "secret_spent")
    assert "wrong" not in reply.text


def test_a_question_asked_again_says_whether_it_was_refused_or_renewed(service: Service) -> None:
    done = service.agreed()
    service.ask(done["id"], ChallengeKind.SMS_CODE)
    second = service.ask(done["id"], ChallengeKind.SMS_CODE)
    assert (state(done)["challenge"]["renewed"], state(done)["challenge"]["retry"]) == (True, False)
    service.shop.challenges.close(second, ChallengeState.REJECTED)
    service.ask(done["id"], ChallengeKind.SMS_CODE, retry=True)
    assert (state(done)["challenge"]["renewed"], state(done)["challenge"]["retry"]) == (False, True)


# --- the way to the end ---


def test_a_portal_that_asks_for_patience_is_named(service: Service) -> None:
    done = service.agreed()
    current = service.shop.ledger.authorization(done["id"])
    attempt = service.shop.attempts.begin(current, Route.API, "preferred")
    code = PortalMaintenance.cause_code()
    service.shop.attempts.end(attempt, current.id, "waiting", error_code=code)
    assert (state(done)["phase"], state(done)["error"]["zh"]) == ("working", "税务门户正在维护")


def test_what_is_read_shows_as_it_is_read(service: Service) -> None:
    done = service.agreed()
    service.grant(done["id"])
    service.collect(done["id"], Dataset.TAXPAYER)
    seen = state(done)
    assert (seen["phase"], seen["receipt"]) == ("reading", "SQ2026112400001")
    assert [each["state"] for each in seen["datasets"]] == ["collected", "pending", "pending", "pending"]
    assert seen["step"]["zh"] == "正在读取纳税信用等级…"


@pytest.mark.parametrize("ending", [None, ConsentState.CONSUMED])
def test_withdrawing_after_success_is_one_call(service: Service, ending: ConsentState | None) -> None:
    """Also when the consent was for once and has been used up."""
    done = service.agreed()
    service.grant(done["id"])
    service.finish(done["id"])
    if ending:
        service.shop.consents.end(done["id"], ending, actor="pipeline", reason="read_once")
    assert state(done)["phase"] == "done"
    seen = send(done, "withdraw").json()
    assert (seen["phase"], seen["closed_as"]) == ("closed", "withdrawn")
    assert [each.id for each in service.disposals] == [done["id"]]


def test_retry_is_refused_while_things_go_well(service: Service) -> None:
    refused(send(service.agreed(), "retry"), 409, "state_conflict")
