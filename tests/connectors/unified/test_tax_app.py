"""Sign-ins that the tax app decides: a code that is scanned, a request that is approved."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from connectors.interface import Challenge, ChallengeKind, Grant, Resume, Scan
from schema.errors import ChallengeExpired, ChallengeRejected, PageChanged, WrongTaxpayer
from tests.connectors.unified.conftest import Bureau, SpentOnce, looked

pytestmark = pytest.mark.browser

NOTHING = SpentOnce(None)


def past_code(step: Challenge | Grant) -> bool:
    return not isinstance(step, Challenge) or step.kind is not ChallengeKind.QR


def scanned(bureau: Bureau, person, challenge: Challenge, *decisions: str) -> None:
    """What the person does with the code that the challenge shows."""
    picture = base64.b64encode(challenge.picture or b"").decode()
    for decision in decisions:
        assert bureau.decide(person, decision, picture=picture)


@pytest.fixture(params=[("password", "qr"), ("qr",)], ids=["behind the form", "alone"])
def by_code(start_bureau, request) -> Bureau:
    return start_bureau(sign_ins=request.param, sign_in="qr")


@pytest.fixture
def by_app(start_bureau) -> Bureau:
    return start_bureau(sign_ins=("password", "app"), captchas=("picture",))


def test_a_scanned_and_confirmed_code_leads_to_a_receipt_without_a_password(by_code):
    company = by_code.companies[0]
    flow = by_code.flow(company, NOTHING)
    asked = flow.advance(None)
    assert (asked.kind, asked.resume, asked.hint) == (ChallengeKind.QR, Resume.LIVE_PAGE, Scan.WAITING)
    assert asked.poll_seconds > 0
    assert Image.open(io.BytesIO(asked.picture)).width > 100
    assert flow.advance({}) == asked, "nobody has scanned it"

    scanned(by_code, company.people[0], asked, "scan")
    after = looked(flow, lambda step: step != asked)
    assert (after.kind, after.hint, after.picture) == (ChallengeKind.QR, Scan.SCANNED, asked.picture)
    assert not after.retry

    scanned(by_code, company.people[0], asked, "confirm")
    grant = by_code.finish(flow, company.people[0], looked(flow, past_code))
    flow.close()
    assert company.grants[grant.receipt]["person_id"] == company.people[0].person_id
    assert NOTHING.told == []
    assert not by_code.events("sms_sent")


def test_an_expired_code_is_replaced_and_nothing_counts_as_refused(start_bureau):
    bureau = start_bureau(sign_ins=("qr",), sign_in="qr")
    company = bureau.companies[0]
    flow = bureau.flow(company, NOTHING)
    first = flow.advance(None)
    bureau.portal.clock.shift(121)
    second = looked(flow, lambda step: step != first)
    assert (second.kind, second.retry, second.hint) == (ChallengeKind.QR, False, Scan.WAITING)
    assert second.picture != first.picture
    old = base64.b64encode(first.picture).decode()
    assert not bureau.decide(company.people[0], "scan", picture=old), "the old code is worth nothing"
    scanned(bureau, company.people[0], second, "scan", "confirm")
    assert bureau.finish(flow, company.people[0], looked(flow, past_code)).receipt
    flow.close()


def test_a_scan_that_the_person_cancels_is_asked_again_as_refused(start_bureau):
    bureau = start_bureau(sign_ins=("qr",), sign_in="qr")
    company = bureau.companies[0]
    flow = bureau.flow(company, NOTHING)
    asked = flow.advance(None)
    scanned(bureau, company.people[0], asked, "scan", "refuse")
    again = looked(flow, lambda step: step.retry)
    assert again.kind is ChallengeKind.QR
    assert again.picture != asked.picture
    assert not flow.advance({}).retry, "refused once"
    flow.close()


def test_somebody_of_another_company_who_scans_the_code_gets_no_grant(start_bureau):
    bureau = start_bureau(sign_ins=("qr",), sign_in="qr")
    asked_for, other = bureau.companies[0], bureau.companies[3]
    stranger = next(
        each
        for each in other.people
        if len(each.roles) == 1 and each.roles[0].taxpayer_id != asked_for.taxpayer_id
    )
    flow = bureau.flow(asked_for, NOTHING)
    asked = flow.advance(None)
    scanned(bureau, stranger, asked, "scan", "confirm")
    with pytest.raises(WrongTaxpayer):
        looked(flow, past_code)
    flow.close()
    assert not bureau.events("grant_made")


def test_a_page_that_changes_while_it_is_watched_is_told(start_bureau):
    bureau = start_bureau(sign_ins=("qr",), sign_in="qr")
    flow = bureau.flow(bureau.companies[0], NOTHING)
    asked = flow.advance(None)
    bureau.fault("layout_changed", "/tpass/identity")
    bureau.fault("layout_changed", "/etax")
    scanned(bureau, bureau.companies[0].people[0], asked, "scan", "confirm")
    with pytest.raises(PageChanged):
        looked(flow, past_code)
    flow.close()


def test_a_password_is_followed_by_approval_in_the_app(by_app):
    company = by_app.companies[0]
    person, credentials = company.people[0], by_app.credentials(company.people[0])
    flow = by_app.flow(company, credentials)
    asked = by_app.until(flow, person, ChallengeKind.APP_APPROVAL)
    assert credentials.told == ["sending", "accepted"]
    waiting = by_app.waiting(person)
    assert asked.hint == waiting["number"], "the same number stands in the app"
    assert flow.advance({}) == asked

    assert by_app.decide(person, "confirm", id=waiting["id"])
    grant = by_app.finish(flow, person, looked(flow, lambda step: step != asked))
    flow.close()
    assert isinstance(grant, Grant)
    assert not by_app.events("sms_sent")


def test_an_approval_that_nobody_gives_in_time_is_asked_for_with_another_number(by_app):
    company = by_app.companies[0]
    person = company.people[0]
    flow = by_app.flow(company, by_app.credentials(person))
    asked = by_app.until(flow, person, ChallengeKind.APP_APPROVAL)
    before = by_app.waiting(person)
    by_app.portal.clock.shift(121)
    looked(flow, lambda step: by_app.waiting(person) not in (None, before))
    now = flow.advance({})
    assert (now.kind, now.retry) == (asked.kind, False)
    assert now.hint == by_app.waiting(person)["number"]
    flow.close()


def test_refusals_in_the_app_end_with_the_portals_budget(by_app):
    company = by_app.companies[0]
    person = company.people[0]
    flow = by_app.flow(company, by_app.credentials(person))
    by_app.until(flow, person, ChallengeKind.APP_APPROVAL)
    for _ in range(5):
        assert by_app.decide(person, "refuse", id=by_app.waiting(person)["id"])
        again = looked(flow, lambda step: step.retry)
        assert again.kind is ChallengeKind.APP_APPROVAL
    assert by_app.decide(person, "refuse", id=by_app.waiting(person)["id"])
    with pytest.raises((ChallengeRejected, ChallengeExpired)):
        looked(flow, lambda step: step.retry)
    flow.close()
    assert not by_app.events("grant_made")


def test_the_canary_knows_a_page_that_shows_a_code_alone(start_bureau):
    start_bureau(sign_ins=("qr",), sign_in="qr").connector.probe()
