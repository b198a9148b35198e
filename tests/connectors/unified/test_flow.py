"""An authorization through the pages: what the person is asked, what the portal sees, how it ends."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from connectors.interface import Challenge, ChallengeKind, Resume
from schema.errors import (
    AccountLocked,
    AnswerInvalid,
    ChallengeExpired,
    ChallengeRejected,
    ConnectionBroken,
    CredentialsRejected,
    PageChanged,
    PortalMaintenance,
    PortalUnavailable,
    RateLimited,
    RoleNotPermitted,
    TaxpayerAbnormal,
    TaxpayerNotFound,
    WrongTaxpayer,
)

pytestmark = pytest.mark.browser


def test_credentials_are_asked_before_anything_is_opened(bureau):
    company = bureau.companies[0]
    credentials = bureau.credentials(company.people[0])
    credentials.answer = None
    flow = bureau.flow(company, credentials)
    challenge = flow.advance(None)
    assert (challenge.kind, challenge.resume) == (ChallengeKind.CREDENTIALS, Resume.SERIALIZABLE)
    assert not bureau.portal.journal.entries()
    resumed = bureau.connector.resume(flow._request, flow.state())
    credentials.answer = bureau.credentials(company.people[0]).answer
    assert bureau.finish(resumed, company.people[0]).receipt.startswith("YSSQ44")


@pytest.mark.parametrize(
    ("captcha", "kind"), [("slider", ChallengeKind.SLIDER), ("picture", ChallengeKind.PICTURE)]
)
def test_captcha_code_and_identity_lead_to_a_receipt(start_bureau, captcha, kind):
    bureau = start_bureau(captchas=(captcha,))
    company = bureau.companies[1]
    person = company.people[0]
    assert len(person.roles) == 2, "serves two companies, so the portal asks for the identity"
    credentials = bureau.credentials(person)
    flow = bureau.flow(company, credentials)

    shown = flow.advance(None)
    assert (shown.kind, shown.resume, shown.retry) == (kind, Resume.LIVE_PAGE, False)
    assert Image.open(io.BytesIO(shown.picture)).width > 100
    assert (shown.piece is not None) == (captcha == "slider")
    sms = flow.advance(bureau.right_answer(shown, person))
    assert sms.kind is ChallengeKind.SMS_CODE
    assert sms.hint == f"{person.phone[:3]}****{person.phone[-4:]}"
    assert credentials.told == ["sending", "accepted"]

    grant = flow.advance(bureau.right_answer(sms, person))
    assert company.grants[grant.receipt]["bank"] == "示范银行"
    assert grant.granted_at - datetime.now(UTC) < timedelta(minutes=1)
    assert grant.expires_at - grant.granted_at == timedelta(days=365)
    assert [entry["detail"] for entry in bureau.events("grant_made")] == [grant.receipt]
    assert person.password not in repr(grant)
    flow.close()


def test_the_person_chooses_when_no_role_is_clearly_the_right_one(bureau):
    company = bureau.companies[2]
    bookkeeper = company.people[2]
    flow = bureau.flow(company, bureau.credentials(bookkeeper))
    challenge = bureau.until(flow, bookkeeper, ChallengeKind.IDENTITY)
    assert [option.role for option in challenge.options] == ["办税人"] * len(bookkeeper.roles)
    with pytest.raises(AnswerInvalid):
        flow.advance({"choice": "99"})
    own = next(option for option in challenge.options if company.taxpayer_id in option.label)
    with pytest.raises(RoleNotPermitted):
        flow.advance({"choice": own.id})
    flow.close()
    assert not bureau.events("grant_made")


def test_another_company_chosen_by_the_person_is_never_granted(bureau):
    company = bureau.companies[1]
    flow = bureau.flow(company, bureau.credentials(company.people[2]))
    challenge = bureau.until(flow, company.people[2], ChallengeKind.IDENTITY)
    other = next(option for option in challenge.options if company.taxpayer_id not in option.label)
    with pytest.raises((WrongTaxpayer, RoleNotPermitted)):
        flow.advance({"choice": other.id})
    flow.close()
    assert not bureau.events("grant_made")


def test_rejected_password_is_never_sent_again(bureau):
    company = bureau.companies[0]
    credentials = bureau.credentials(company.people[0], "Wrong@000000")
    flow = bureau.flow(company, credentials)
    with pytest.raises(CredentialsRejected) as caught:
        bureau.finish(flow, company.people[0])
    flow.close()
    assert credentials.told == ["sending", "rejected"]
    assert len(bureau.events("sign_in_rejected")) == 1
    assert "Wrong@000000" not in f"{caught.value!r} {caught.value.detail}"
    again = bureau.flow(company, credentials).advance(None)
    assert again.kind is ChallengeKind.CREDENTIALS
    assert len(bureau.events("sign_in_rejected")) == 1


def test_locked_account_stops(bureau):
    company = bureau.companies[0]
    company.people[0].locked = True
    credentials = bureau.credentials(company.people[0])
    flow = bureau.flow(company, credentials)
    with pytest.raises(AccountLocked):
        bureau.finish(flow, company.people[0])
    flow.close()
    assert credentials.told == ["sending", "rejected"]


def test_unknown_company_stops(bureau):
    person = bureau.companies[0].people[0]
    flow = bureau.flow("91440101MA5A000000", bureau.credentials(person))
    with pytest.raises(TaxpayerNotFound):
        bureau.finish(flow, person)
    flow.close()


def test_abnormal_taxpayer_stops(bureau):
    company = bureau.companies[0]
    company.status = "非正常户"
    with pytest.raises(TaxpayerAbnormal):
        bureau.grant(company)
    assert not bureau.events("grant_made")


def test_wrong_captcha_comes_back_until_the_budget_is_spent(bureau):
    company = bureau.companies[0]
    flow = bureau.flow(company, bureau.credentials(company.people[0]))
    first = flow.advance(None)
    for _ in range(4):
        again = flow.advance({"text": "0000"})
        assert (again.kind, again.retry) == (ChallengeKind.PICTURE, True)
        assert again.picture != first.picture
    with pytest.raises(ChallengeRejected):
        flow.advance({"text": "0000"})
    flow.close()
    assert not bureau.events("sign_in_rejected"), "the password was not even checked"


def test_wrong_slider_comes_back(start_bureau):
    bureau = start_bureau(captchas=("slider",))
    company = bureau.companies[0]
    flow = bureau.flow(company, bureau.credentials(company.people[0]))
    flow.advance(None)
    again = flow.advance({"x": "3"})
    assert (again.kind, again.retry) == (ChallengeKind.SLIDER, True)
    assert bureau.finish(flow, company.people[0], again).receipt
    flow.close()


def test_wrong_code_comes_back_until_the_budget_is_spent(bureau):
    company = bureau.companies[0]
    flow = bureau.flow(company, bureau.credentials(company.people[0]))
    bureau.until(flow, company.people[0], ChallengeKind.SMS_CODE)
    for _ in range(4):
        again = flow.advance({"code": "x"})
        assert (again.kind, again.retry) == (ChallengeKind.SMS_CODE, True)
    with pytest.raises(ChallengeRejected):
        flow.advance({"code": "x"})
    flow.close()


def test_late_code_is_answered_by_a_new_one(bureau):
    company = bureau.companies[0]
    person = company.people[0]
    flow = bureau.flow(company, bureau.credentials(person))
    sms = bureau.until(flow, person, ChallengeKind.SMS_CODE)
    late = bureau.right_answer(sms, person)
    bureau.portal.clock.shift(301)
    again = flow.advance(late)
    assert (again.kind, again.retry) == (ChallengeKind.SMS_CODE, True)
    assert len(bureau.events("sms_sent")) == 2
    assert bureau.finish(flow, person, again).receipt
    flow.close()


def test_answer_after_the_portals_session_ended_is_expired(bureau):
    company = bureau.companies[0]
    flow = bureau.flow(company, bureau.credentials(company.people[0]))
    sms = bureau.until(flow, company.people[0], ChallengeKind.SMS_CODE)
    answer = bureau.right_answer(sms, company.people[0])
    bureau.portal.clock.shift(3600)
    with pytest.raises(ChallengeExpired):
        flow.advance(answer)
    flow.close()


@pytest.mark.parametrize("answer", [{}, {"text": ""}, {"text": "x" * 200}, {"code": "1234"}])
def test_answer_that_does_not_fit_goes_nowhere(bureau, answer):
    company = bureau.companies[0]
    flow = bureau.flow(company, bureau.credentials(company.people[0]))
    asked = flow.advance(None)
    with pytest.raises(AnswerInvalid):
        flow.advance(answer)
    assert not bureau.events("captcha_wrong")
    assert bureau.finish(flow, company.people[0], asked).receipt
    flow.close()


def test_second_authorization_takes_the_grant_that_is_there(bureau):
    company = bureau.companies[0]
    first, second = bureau.grant(company), bureau.grant(company, company.people[1])
    assert first.receipt == second.receipt
    assert len(bureau.events("grant_made")) == 1
    assert not bureau.events("grant_repeated"), "looked before pressing 授权"


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("maintenance", PortalMaintenance),
        ("throttled", RateLimited),
        ("layout_changed", PageChanged),
        ("down", ConnectionBroken),
        ("truncated", ConnectionBroken),
    ],
)
def test_fault_of_the_portal_spends_no_password(bureau, kind, cause):
    bureau.fault(kind, seconds=60)
    company = bureau.companies[0]
    credentials = bureau.credentials(company.people[0])
    flow = bureau.flow(company, credentials)
    with pytest.raises(cause) as caught:
        flow.advance(None)
    flow.close()
    assert not credentials.told
    if kind in ("maintenance", "throttled"):
        assert caught.value.retry_at > datetime.now(UTC)


def test_a_page_on_the_way_is_asked_for_again_and_what_was_sent_is_not(bureau):
    person = bureau.companies[0].people[0]
    for path in ("/etax/yssq", "/tpass/sms"):
        bureau.fault("server_error", path, times=1)
    flow = bureau.flow(bureau.companies[0], bureau.credentials(person))
    asked = bureau.until(flow, person, ChallengeKind.SMS_CODE)
    bureau.fault("server_error", "/tpass/sms", times=1)
    with pytest.raises(PortalUnavailable):
        flow.advance(bureau.right_answer(asked, person))
    flow.close()
    assert len(bureau.events("sign_in_accepted")) == 1


def test_another_company_on_the_page_is_never_granted(bureau):
    bureau.fault("wrong_company")
    with pytest.raises(WrongTaxpayer):
        bureau.grant(bureau.companies[0])
    assert not bureau.events("grant_made")


def test_probe_signs_nobody_in(bureau):
    bureau.connector.probe()
    assert not bureau.portal.journal.entries()
    bureau.fault("layout_changed")
    with pytest.raises(PageChanged):
        bureau.connector.probe()


def test_nobody_can_look_for_a_grant_before_signing_in(bureau):
    flow = bureau.flow(bureau.companies[0], bureau.credentials(bureau.companies[0].people[0]))
    assert bureau.connector.existing(flow._request) is None
    assert isinstance(flow.advance(None), Challenge)
    flow.close()
    flow.close()


def test_flows_side_by_side_end_in_their_own_grants(bureau):
    companies = bureau.companies
    with ThreadPoolExecutor() as pool:
        grants = list(pool.map(bureau.grant, companies))
    for company, grant in zip(companies, grants, strict=True):
        assert list(company.grants) == [grant.receipt]
