"""Consents through the interface of loan systems and on the pages of those who give them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pdfplumber
import pytest

from authz.authorization import State
from authz.consent import ConsentState
from tests.service.conftest import Service
from tests.service.test_api import refused
from vault.signing import verify

CREDIT = [{"dataset": "invoice"}, {"dataset": "credit_report"}]


def post(service: Service, id: str, what: str, content: Any = None) -> Any:
    return service.api.post(f"/v1/authorizations/{id}/{what}", json=content)


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def page(service: Service, token: str) -> dict[str, Any]:
    """A party's own browser on their link, and what it shows."""
    return {"token": token, "browser": service.borrower(token)}


def state(done: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = done["browser"].get(f"/link/{done['token']}/state").json()
    return seen


def send(done: dict[str, Any], path: str, content: Any = None) -> Any:
    return done["browser"].post(f"/link/{done['token']}/{path}", json=content)


def agree(done: dict[str, Any]) -> dict[str, Any]:
    """The tap on whatever the page asks for."""
    seen: dict[str, Any] = send(done, "agree", {"text_sha256": state(done)["text"]["sha256"]}).json()
    return seen


def granted(service: Service, **changes: Any) -> dict[str, Any]:
    done = service.submit(**changes)
    done["browser"] = service.borrower(done["token"])
    agree(done)
    service.shop.ledger.move(done["id"], State.WORKING, actor="pipeline")
    service.grant(done["id"])
    return done


# --- what was signed ---


def test_whoever_holds_the_listing_can_verify_what_was_signed(service: Service) -> None:
    done = service.agreed()
    (held,) = service.api.get(f"/v1/authorizations/{done['id']}/consents").json()["items"]
    signed = held["signed"]
    document = signed["document"].encode()
    assert hashlib.sha256(document).hexdigest() == signed["sha256"]
    assert verify(signed["public_key"], document, base64.b64decode(signed["signature"]))
    told = json.loads(document)
    assert told["agreement"]["text"]["sha256"] == done["consent"]["text_sha256"]
    assert told["assent"]["device"] == "testclient"
    assert told["assent"]["identified_by"] == ["link", "bank_record"]
    assert "440106199001011234" not in signed["document"]


def test_the_letter_can_be_kept_from_the_page_and_by_the_interface(service: Service) -> None:
    done = service.submit()
    done["browser"] = service.borrower(done["token"])
    assert state(done)["letter"] is False
    refused(done["browser"].get(f"/link/{done['token']}/consent.pdf"), 409, "state_conflict")
    assert agree(done)["letter"] is True
    kept = done["browser"].get(f"/link/{done['token']}/consent.pdf")
    assert kept.headers["content-type"] == "application/pdf"
    assert "attachment" in kept.headers["content-disposition"]
    same = service.api.get(f"/v1/authorizations/{done['id']}/consent.pdf")
    assert same.content == kept.content
    refused(
        service.other_api.get(f"/v1/authorizations/{done['id']}/consent.pdf"), 404, "authorization_unknown"
    )


def test_the_letter_says_word_for_word_what_was_agreed_to(service: Service, tmp_path: Any) -> None:
    done = service.agreed()
    file = tmp_path / "consent.pdf"
    file.write_bytes(service.api.get(f"/v1/authorizations/{done['id']}/consent.pdf").content)
    with pdfplumber.open(file) as read:
        text = "".join("".join(each.extract_text().split()) for each in read.pages)
    for line in (*done["consent"]["text_zh"].splitlines(), *done["consent"]["text_en"].splitlines()):
        assert "".join(line.split()) in text
    assert done["consent"]["text_sm3"] in text
    assert "张*" in text
    assert "张三" not in text


def test_another_browser_does_not_get_the_letter(service: Service) -> None:
    done = service.agreed()
    refused(
        service.borrower(service.submit()["token"]).get(f"/link/{done['token']}/consent.pdf"),
        410,
        "link_used",
    )


# --- ceilings ---


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"valid_days": 181}, "taxpayer: valid_days"),
        ({"data_life_days": 1096}, "taxpayer: data_life_days"),
        ({"frequency": {"times": 4, "unit": "day"}}, "taxpayer: 4 a day is above 3 a day"),
        ({"scopes": [{"dataset": "invoice", "from": "2015-01-01", "to": "2026-10-31"}]}, "range_months"),
        (
            {
                "purpose": "loan_monitoring",
                "scopes": [{"dataset": "invoice", "from": "2022-01-01", "to": "2026-10-31"}],
            },
            "invoice: range_months",
        ),
    ],
)
def test_a_consent_beyond_its_template_cannot_be_created(service: Service, changes: Any, named: str) -> None:
    reply = service.api.post(
        "/v1/authorizations", json=service.body(**changes), headers={"idempotency-key": "beyond"}
    )
    refused(reply, 422, "consent_beyond_template")
    assert named in reply.text


# --- suspension and amendment ---


def test_a_suspension_and_its_end_are_one_call_each(service: Service) -> None:
    done = granted(service)
    assert post(service, done["id"], "suspend", {"reason": "disputed"}).status_code == 200
    (held,) = service.api.get(f"/v1/authorizations/{done['id']}/consents").json()["items"]
    assert held["state"] == "suspended"
    refused(post(service, done["id"], "suspend", {"reason": "disputed"}), 409, "state_conflict")
    assert post(service, done["id"], "resume").status_code == 200
    refused(post(service, done["id"], "suspend", {"reason": "no reason"}), 422, "invalid_request")


def test_other_terms_are_agreed_to_on_a_fresh_link_and_begin_a_run_of_their_own(service: Service) -> None:
    done = granted(service, periodic=True)
    changes = {"valid_days": 365, "frequency": {"times": 2, "unit": "day"}}
    fresh = page(service, token_of(post(service, done["id"], "amend", changes).json()["link_url"]))
    seen = state(fresh)
    assert (seen["phase"], seen["can"]) == ("consent", ["agree", "decline", "withdraw"])
    assert "每日至多 2 次" in seen["text"]["zh"]
    assert agree(fresh)["phase"] == "reading"
    assert service.legs[-1].leg_key == f"{done['id']}.2.1"
    states = [
        each["state"] for each in service.api.get(f"/v1/authorizations/{done['id']}/consents").json()["items"]
    ]
    assert states == ["active", "active"], "until the new one has worked"


def test_who_declines_other_terms_keeps_the_old_ones(service: Service) -> None:
    done = granted(service, periodic=True)
    fresh = page(service, token_of(post(service, done["id"], "amend", {"valid_days": 30}).json()["link_url"]))
    assert send(fresh, "decline").json()["phase"] == "reading"
    current = service.shop.ledger.authorization(done["id"])
    assert (current.state, current.amendment_id) == (State.GRANTED, None)
    assert service.shop.ledger.consent(current.consent_id).state is ConsentState.ACTIVE


def test_other_terms_stay_within_the_template(service: Service) -> None:
    done = granted(service, periodic=True)
    refused(post(service, done["id"], "amend", {"data_life_days": 3000}), 422, "consent_beyond_template")


# --- several letters, several persons ---


def test_each_class_of_data_is_a_tap_of_its_own_and_each_person_has_their_own_page(service: Service) -> None:
    done = service.submit(scopes=CREDIT)
    done["browser"] = service.borrower(done["token"])
    owner = page(service, token_of(done["other_links"]["legal_representative"]))
    assert "信用信息" in state(owner)["text"]["zh"]
    seen = agree(done)
    assert seen["phase"] == "consent", "the next letter"
    assert service.legs == []
    seen = agree(done)
    assert (seen["phase"], seen["step"]["zh"]) == ("working", "正在等待其他授权人同意…")
    refused(send(owner, "answer/chg_1", {"code": "1234"}), 403, "challenge_not_yours")
    seen = agree(owner)
    assert (seen["phase"], seen["can"], seen["letter"], seen["challenge"]) == (
        "agreed",
        ["withdraw"],
        True,
        None,
    )
    assert [each.leg_key for each in service.legs] == [f"{done['id']}.1.1"]


def test_the_legal_representative_withdraws_with_one_tap_too(service: Service) -> None:
    done = service.submit(scopes=CREDIT)
    done["browser"] = service.borrower(done["token"])
    owner = page(service, token_of(done["other_links"]["legal_representative"]))
    for each in (done, done, owner):
        agree(each)
    seen = send(owner, "withdraw").json()
    assert (seen["phase"], seen["closed_as"]) == ("closed", "withdrawn")
    assert state(done)["phase"] == "closed"
    assert [each.id for each in service.disposals] == [done["id"]]


def test_one_who_does_not_agree_holds_up_nobody(service: Service) -> None:
    done = service.submit(scopes=CREDIT)
    done["browser"] = service.borrower(done["token"])
    owner = page(service, token_of(done["other_links"]["legal_representative"]))
    for _ in range(2):
        agree(done)
    seen = send(owner, "decline").json()
    assert (seen["phase"], seen["closed_as"], seen["can"]) == ("closed", "rejected", [])
    assert [each.leg_key for each in service.legs] == [f"{done['id']}.1.1"]
