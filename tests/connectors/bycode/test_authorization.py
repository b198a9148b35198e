"""Authorization wherever a code grants: one code, one grant, whatever happens in between."""

from __future__ import annotations

import pytest

from connectors.interface import Challenge, ChallengeKind, Grant, Resume
from schema.dataset import Dataset
from schema.errors import (
    AnswerInvalid,
    ChallengeExpired,
    ChallengeRejected,
    ConsentExpired,
    DataConflict,
    GrantRevoked,
    RoleNotPermitted,
    ScopeDenied,
    TaxpayerAbnormal,
    TaxpayerNotFound,
)
from tests.connectors.bank import PERIOD, Bank


def test_a_code_to_the_legal_representative_ends_in_a_grant(bank: Bank) -> None:
    company = bank.companies[0]
    phone = company["people"][0]["phone"]
    flow = bank.connector.authorize(bank.request(company))
    challenge = flow.advance(None)
    assert isinstance(challenge, Challenge)
    assert (challenge.kind, challenge.resume) == (ChallengeKind.SMS_CODE, Resume.SERIALIZABLE)
    assert challenge.hint == f"{phone[:3]}****{phone[-4:]}"
    assert not challenge.retry
    grant = flow.advance({"code": bank.code(company)})
    assert isinstance(grant, Grant)
    assert grant.expires_at is not None
    assert grant.expires_at > grant.granted_at


def test_nothing_is_sent_before_advance(bank: Bank) -> None:
    before = bank.sandbox.journal(bank.portal.name)
    bank.connector.authorize(bank.request(bank.companies[0])).close()
    assert bank.sandbox.journal(bank.portal.name) == before


def test_a_finance_officer_who_acts_gets_the_code(bank: Bank) -> None:
    company = bank.companies[0]
    officer = company["people"][1]
    flow = bank.connector.authorize(bank.request(company, person_id=officer["person_id"]))
    flow.advance(None)
    assert isinstance(flow.advance({"code": bank.code(company, person=1)}), Grant)


def test_wrong_codes_come_back_as_the_same_challenge_until_the_budget_is_spent(bank: Bank) -> None:
    company = bank.companies[1]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    wrong = f"{(int(bank.code(company)) + 1) % 1_000_000:06d}"
    for _ in range(2):
        again = flow.advance({"code": wrong})
        assert isinstance(again, Challenge)
        assert again.retry
    with pytest.raises(ChallengeRejected):
        flow.advance({"code": wrong})
    with pytest.raises(ChallengeRejected):
        flow.advance({"code": bank.code(company)})


def test_the_right_code_after_a_wrong_one_is_accepted(bank: Bank) -> None:
    company = bank.companies[1]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    code = bank.code(company)
    flow.advance({"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    assert isinstance(flow.advance({"code": code}), Grant)


def test_an_empty_code_is_not_sent(bank: Bank) -> None:
    flow = bank.connector.authorize(bank.request(bank.companies[1]))
    flow.advance(None)
    before = len(bank.sandbox.journal(bank.portal.name))
    with pytest.raises(AnswerInvalid):
        flow.advance({"code": " "})
    assert len(bank.sandbox.journal(bank.portal.name)) == before


def test_a_code_expires(bank: Bank) -> None:
    company = bank.companies[2]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    bank.sandbox.shift_clock(6 * 60)
    with pytest.raises(ChallengeExpired):
        flow.advance({"code": bank.code(company)})


def test_another_process_goes_on_from_the_sealed_state(bank: Bank) -> None:
    company = bank.companies[2]
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    flow.advance(None)
    state = flow.state()
    assert bank.code(company).encode() not in state
    resumed = bank.connector.resume(request, state)
    assert isinstance(resumed.advance({"code": bank.code(company)}), Grant)


def test_a_second_apply_with_the_same_reference_makes_no_second_grant(bank: Bank) -> None:
    company = bank.companies[4]
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    flow.advance(None)
    first = flow.advance({"code": bank.code(company)})
    second = bank.connector.authorize(request).advance(None)
    assert isinstance(first, Grant)
    assert isinstance(second, Grant)
    assert (second.receipt, second.secret) == (first.receipt, first.secret)
    assert bank.grants_made(company) == 1


def test_a_code_whose_answer_was_lost_is_not_sent_twice(bank: Bank) -> None:
    company = bank.companies[5]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    bank.sandbox.fault(bank.portal.name, "broken", path=bank.portal.confirms, times=1)
    assert isinstance(flow.advance({"code": bank.code(company)}), Grant)
    assert bank.grants_made(company) == 1


def test_existing_tells_of_an_earlier_success_alone(bank: Bank) -> None:
    company = bank.companies[6]
    request = bank.request(company)
    assert bank.connector.existing(request) is None
    flow = bank.connector.authorize(request)
    flow.advance(None)
    assert bank.connector.existing(request) is None
    grant = flow.advance({"code": bank.code(company)})
    found = bank.connector.existing(request)
    assert isinstance(grant, Grant)
    assert found == grant


def test_a_reference_used_for_another_company_is_a_conflict(bank: Bank) -> None:
    request = bank.request(bank.companies[0])
    bank.connector.authorize(request).advance(None)
    other = bank.request(bank.companies[1], reference=request.reference)
    with pytest.raises(DataConflict):
        bank.connector.authorize(other).advance(None)


def test_a_bookkeeper_may_not_authorize(bank: Bank) -> None:
    company = bank.companies[0]
    bookkeeper = company["people"][2]
    assert bookkeeper["roles"][company["taxpayer_id"]] == "办税人"
    with pytest.raises(RoleNotPermitted):
        bank.connector.authorize(bank.request(company, person_id=bookkeeper["person_id"])).advance(None)


def test_an_unknown_company_and_an_abnormal_one_stop(bank: Bank) -> None:
    unknown = {"taxpayer_id": "91440101MA59A1B2XX"}
    with pytest.raises(TaxpayerNotFound):
        bank.connector.authorize(bank.request(unknown)).advance(None)
    abnormal = bank.companies[11]
    assert abnormal["status"] == "非正常户"
    with pytest.raises(TaxpayerAbnormal):
        bank.connector.authorize(bank.request(abnormal)).advance(None)


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
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_a_grant_reads_only_its_scopes(bank: Bank) -> None:
    company = bank.companies[8]
    grant = bank.granted(company, scopes={Dataset.TAXPAYER: PERIOD})
    assert list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    with pytest.raises(ScopeDenied):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))


def test_a_grant_does_not_open_another_company(bank: Bank) -> None:
    grant = bank.granted(bank.companies[8])
    with pytest.raises(GrantRevoked):
        list(bank.connector.fetch(grant, bank.companies[9]["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_an_expired_grant_asks_for_a_new_consent(bank: Bank) -> None:
    company = bank.companies[9]
    grant = bank.granted(company)
    bank.sandbox.shift_clock(366 * 86_400)
    with pytest.raises(ConsentExpired):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    bank.sandbox.shift_clock(-366 * 86_400)
