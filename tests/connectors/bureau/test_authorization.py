"""Authorization at a bureau: credentials once, a captcha and a code by the person, one grant."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from connectors.interface import ChallengeKind, Grant, Resume
from schema.dataset import Dataset
from schema.errors import (
    AccountLocked,
    AnswerInvalid,
    ChallengeRejected,
    ConnectionBroken,
    ConsentExpired,
    ContractChanged,
    CredentialsRejected,
    DataConflict,
    GrantRevoked,
    RoleNotPermitted,
    ScopeDenied,
    SessionExpired,
    TaxpayerAbnormal,
    TaxpayerNotFound,
    WrongTaxpayer,
)
from tests.connectors.bank import PERIOD
from tests.connectors.bureau.conftest import ABNORMAL, Bank, Typed, kind

PATHS = {
    "foresee": {
        "check": "/sso-web/login/jyyzm",
        "sign_in": "/sso-web/login/dl",
        "code": "/sso-web/login/jydx",
        "grant": "/yssq-cjpt-web/yssq/save",
        "company": "/sbzs-cjpt-web/biz/sbqc",
    },
    "servyou": {
        "check": "/sbzx-web/api/login/checkCaptcha",
        "sign_in": "/sbzx-web/api/login/login",
        "code": "/sbzx-web/api/login/checkSms",
        "grant": "/sbzx-web/api/yssq/save",
        "company": "/sbzx-web/api/base/nsrxx",
    },
}


def test_captcha_then_code_end_in_a_grant(bank: Bank) -> None:
    company = bank.companies[0]
    phone = company["people"][0]["phone"]
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    picture = kind(flow.advance(None), ChallengeKind.PICTURE)
    assert picture.resume is Resume.SERIALIZABLE
    assert picture.picture is not None
    assert Image.open(io.BytesIO(picture.picture)).format == "PNG"
    code = kind(flow.advance({"text": bank.letters(company)}), ChallengeKind.SMS_CODE)
    assert (code.resume, code.retry) == (Resume.SERIALIZABLE, False)
    assert code.hint == f"{phone[:3]}****{phone[-4:]}"
    assert 0 < code.seconds <= 300
    grant = flow.advance({"code": bank.code(company)})
    assert isinstance(grant, Grant)
    assert grant.expires_at is not None
    assert grant.expires_at > grant.granted_at
    assert isinstance(request.credentials, Typed)
    assert request.credentials.moves == ["sending", "accepted"]


def test_nothing_is_sent_before_advance(bank: Bank) -> None:
    before = bank.sandbox.journal(bank.portal)
    bank.connector.authorize(bank.request(bank.companies[0])).close()
    assert bank.sandbox.journal(bank.portal) == before


def test_without_a_password_the_person_is_asked_for_it_first(bank: Bank) -> None:
    request = bank.request(bank.companies[0], credentials=Typed(None))
    flow = bank.connector.authorize(request)
    asked = kind(flow.advance(None), ChallengeKind.CREDENTIALS)
    assert asked.resume is Resume.SERIALIZABLE
    entered = bank.request(bank.companies[0], reference=request.reference)
    resumed = bank.connector.resume(entered, flow.state())
    kind(resumed.advance(None), ChallengeKind.PICTURE)


def test_a_wrong_captcha_brings_another_and_leaves_the_password_unsent(bank: Bank) -> None:
    company = bank.companies[1]
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    first = kind(flow.advance(None), ChallengeKind.PICTURE)
    again = kind(flow.advance({"text": "----"}), ChallengeKind.PICTURE)
    assert again.retry
    assert again.picture != first.picture
    assert isinstance(request.credentials, Typed)
    assert request.credentials.moves == []
    kind(flow.advance({"text": bank.letters(company)}), ChallengeKind.SMS_CODE)


def test_the_captcha_budget_ends(bank: Bank) -> None:
    flow = bank.connector.authorize(bank.request(bank.companies[1]))
    flow.advance(None)
    for _ in range(4):
        kind(flow.advance({"text": "----"}), ChallengeKind.PICTURE)
    with pytest.raises(ChallengeRejected):
        flow.advance({"text": "----"})


def test_a_rejected_password_is_told_and_never_sent_again(bank: Bank) -> None:
    company = bank.companies[2]
    someone = company["people"][0]
    wrong = Typed({"person_id": someone["person_id"], "password": "Not-my-password-1"})
    flow = bank.connector.authorize(bank.request(company, credentials=wrong))
    flow.advance(None)
    with pytest.raises(CredentialsRejected) as raised:
        flow.advance({"text": bank.letters(company)})
    assert wrong.moves == ["sending", "rejected"]
    assert "Not-my-password-1" not in f"{raised.value!r} {raised.value.__cause__!r}"
    again = bank.connector.authorize(bank.request(company, credentials=wrong))
    kind(again.advance(None), ChallengeKind.CREDENTIALS)
    assert len(bank.noted("sign_in_rejected", company)) == 1


def test_a_locked_account_is_told(bank: Bank) -> None:
    company = bank.companies[4]
    someone = company["people"][1]
    for number in range(5):
        wrong = Typed({"person_id": someone["person_id"], "password": f"wrong-{number}"})
        flow = bank.connector.authorize(bank.request(company, 1, credentials=wrong))
        flow.advance(None)
        with pytest.raises(AccountLocked if number == 4 else CredentialsRejected):
            flow.advance({"text": bank.letters(company, 1)})
        assert wrong.moves == ["sending", "rejected"]


def test_a_password_whose_verdict_was_lost_is_asked_for_anew(bank: Bank) -> None:
    company = bank.companies[5]
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    flow.advance(None)
    bank.sandbox.fault(bank.portal, "broken", path=PATHS[bank.family]["sign_in"], times=1)
    with pytest.raises(ConnectionBroken):
        flow.advance({"text": bank.letters(company)})
    kind(bank.connector.authorize(request).advance(None), ChallengeKind.CREDENTIALS)
    assert len(bank.noted("sign_in_accepted", company)) == 1


def test_wrong_codes_come_back_as_the_same_challenge_until_the_budget_is_spent(bank: Bank) -> None:
    company = bank.companies[1]
    flow = bank.at_code(company)
    wrong = f"{(int(bank.code(company)) + 1) % 1_000_000:06d}"
    for _ in range(4):
        assert kind(flow.advance({"code": wrong}), ChallengeKind.SMS_CODE).retry
    with pytest.raises(ChallengeRejected):
        flow.advance({"code": wrong})


def test_an_empty_answer_is_not_sent(bank: Bank) -> None:
    flow = bank.at_code(bank.companies[1])
    before = len(bank.sandbox.journal(bank.portal))
    with pytest.raises(AnswerInvalid):
        flow.advance({"code": " "})
    assert len(bank.sandbox.journal(bank.portal)) == before


def test_a_late_code_is_answered_by_a_new_one(bank: Bank) -> None:
    company = bank.companies[2]
    flow = bank.at_code(company)
    late = bank.code(company)
    bank.sandbox.shift_clock(6 * 60)
    assert kind(flow.advance({"code": late}), ChallengeKind.SMS_CODE).retry
    assert isinstance(flow.advance({"code": bank.code(company)}), Grant)


def test_a_session_that_ended_while_the_person_was_away_begins_anew(bank: Bank) -> None:
    company = bank.companies[2]
    flow = bank.at_code(company)
    code = bank.code(company)
    bank.sandbox.shift_clock(20 * 60)
    assert kind(flow.advance({"code": code}), ChallengeKind.PICTURE).retry
    flow.advance({"text": bank.letters(company)})
    assert isinstance(flow.advance({"code": bank.code(company)}), Grant)


def test_another_process_goes_on_from_the_sealed_state(bank: Bank) -> None:
    company = bank.companies[3]
    request = bank.request(company)
    first = bank.connect()
    flow = first.authorize(request)
    flow.advance(None)
    state = flow.state()
    first.close()
    second = bank.connect()
    flow = second.resume(request, state)
    flow.advance({"text": bank.letters(company)})
    state = flow.state()
    second.close()
    assert bank.code(company).encode() not in state
    assert company["people"][0]["password"].encode() not in state
    assert isinstance(bank.connector.resume(request, state).advance({"code": bank.code(company)}), Grant)


def test_a_state_of_another_authorization_is_refused(bank: Bank) -> None:
    flow = bank.at_code(bank.companies[3])
    with pytest.raises(ContractChanged):
        bank.connector.resume(bank.request(bank.companies[3]), flow.state())


def test_the_same_reference_makes_no_second_grant(bank: Bank) -> None:
    company = bank.companies[6]
    first = bank.granted(company, reference=f"once-{bank.family}")
    second = bank.granted(company, reference=f"once-{bank.family}")
    assert first.receipt == second.receipt
    assert len(bank.noted("grant_made", company)) == 1


@pytest.mark.parametrize("step", ["code", "grant"])
def test_an_answer_that_was_lost_makes_no_second_grant(bank: Bank, step: str) -> None:
    company = bank.companies[7]
    made = len(bank.noted("grant_made", company))
    flow = bank.at_code(company)
    bank.sandbox.fault(bank.portal, "broken", path=PATHS[bank.family][step], times=1)
    assert isinstance(flow.advance({"code": bank.code(company)}), Grant)
    assert len(bank.noted("grant_made", company)) == made + 1
    assert not bank.noted("sms_wrong", company)


def test_existing_tells_of_an_earlier_success_while_it_holds_the_session(bank: Bank) -> None:
    company = bank.companies[8]
    request = bank.request(company)
    assert bank.connector.existing(request) is None
    grant = bank.granted(company, reference=request.reference)
    found = bank.connector.existing(request)
    assert found is not None
    assert found.receipt == grant.receipt
    stranger = bank.connect()
    assert stranger.existing(request) is None
    stranger.close()


def test_a_reference_used_for_another_company_is_a_conflict(bank: Bank) -> None:
    bank.granted(bank.companies[0], reference=f"taken-{bank.family}")
    flow = bank.at_code(bank.companies[1], reference=f"taken-{bank.family}")
    with pytest.raises(DataConflict):
        flow.advance({"code": bank.code(bank.companies[1])})


def test_only_those_who_may_authorize_do(bank: Bank) -> None:
    company = bank.companies[0]
    assert company["people"][2]["roles"][company["taxpayer_id"]] == "办税人"
    flow = bank.at_code(company, 2)
    with pytest.raises(RoleNotPermitted):
        flow.advance({"code": bank.code(company, 2)})
    assert bank.granted(company, 1)


def test_an_abnormal_company_and_an_unknown_one_stop(bank: Bank) -> None:
    abnormal = bank.companies[ABNORMAL]
    flow = bank.at_code(abnormal)
    with pytest.raises(TaxpayerAbnormal):
        flow.advance({"code": bank.code(abnormal)})
    flow = bank.connector.authorize(bank.request(bank.companies[0], taxpayer_id="91440101MA59A1B2XX"))
    flow.advance(None)
    with pytest.raises(TaxpayerNotFound):
        flow.advance({"text": bank.letters(bank.companies[0])})


def test_a_bureau_that_shows_another_company_gets_no_grant(bank: Bank) -> None:
    company = bank.companies[9]
    flow = bank.at_code(company)
    bank.sandbox.fault(bank.portal, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        flow.advance({"code": bank.code(company)})
    assert not bank.noted("grant_made", company)


def test_a_portal_that_is_asked_tells_whether_the_grant_still_stands(bank: Bank) -> None:
    """As when the borrower revokes it at the portal, which tells nobody."""
    company = bank.companies[4]
    request = bank.request(company)
    grant = bank.granted(company, reference=request.reference)
    assert bank.connector.standing(request, grant) is True
    bank.connector.revoke(grant, company["taxpayer_id"])
    assert bank.connector.standing(request, grant) is False


def test_a_revoked_grant_reads_nothing(bank: Bank) -> None:
    company = bank.companies[7]
    grant = bank.granted(company)
    bank.connector.revoke(grant, company["taxpayer_id"])
    bank.connector.revoke(grant, company["taxpayer_id"])
    with pytest.raises(GrantRevoked):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))


def test_a_grant_reads_only_its_scopes(bank: Bank) -> None:
    company = bank.companies[8]
    grant = bank.granted(company, scopes={Dataset.TAXPAYER: PERIOD})
    assert list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    with pytest.raises(ScopeDenied):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))


def test_a_session_does_not_open_another_company(bank: Bank) -> None:
    grant = bank.granted(bank.companies[8])
    with pytest.raises(WrongTaxpayer):
        list(bank.connector.fetch(grant, bank.companies[9]["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_an_idle_session_has_ended_and_the_next_sign_in_takes_the_same_grant(bank: Bank) -> None:
    company = bank.companies[9]
    grant = bank.granted(company, reference=f"later-{bank.family}")
    bank.sandbox.shift_clock(20 * 60)
    with pytest.raises(SessionExpired):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    assert bank.granted(company, reference=f"later-{bank.family}").receipt == grant.receipt


def test_an_earlier_session_grants_at_once_while_the_bureau_knows_it(bank: Bank) -> None:
    company = bank.companies[4]
    earlier = bank.granted(company)
    assert earlier.session is not None
    signed_in = len(bank.noted("sign_in_accepted", company))
    request = bank.request(company, session=earlier.session)
    again = bank.connector.authorize(request).advance(None)
    assert isinstance(again, Grant)
    assert again.receipt != earlier.receipt
    assert len(bank.noted("sign_in_accepted", company)) == signed_in
    assert list(bank.connector.fetch(earlier, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    assert "session" not in repr(request)

    bank.sandbox.shift_clock(3600)
    late = bank.connector.authorize(bank.request(company, session=earlier.session))
    kind(late.advance(None), ChallengeKind.PICTURE)
    stranger = bank.request(bank.companies[5], session=bank.granted(company).session)
    with pytest.raises(WrongTaxpayer):
        bank.connector.authorize(stranger).advance(None)


def test_an_expired_grant_asks_for_a_new_consent(bank: Bank) -> None:
    company = bank.companies[9]
    bank.granted(company, reference=f"old-{bank.family}")
    bank.sandbox.shift_clock(366 * 86_400)
    flow = bank.at_code(company, reference=f"old-{bank.family}")
    with pytest.raises(ConsentExpired):
        flow.advance({"code": bank.code(company)})
    bank.sandbox.shift_clock(-366 * 86_400)


def test_nothing_secret_is_in_what_is_printed(bank: Bank) -> None:
    company = bank.companies[3]
    flow = bank.at_code(company)
    grant = flow.advance({"code": bank.code(company)})
    assert isinstance(grant, Grant)
    cookie = grant.secret.decode().split('"cookie":"')[1].split('"')[0]
    assert len(cookie) > 20
    for shown in (repr(flow), repr(grant), repr(vars(flow)), repr(bank.connector)):
        assert cookie not in shown
