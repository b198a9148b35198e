"""Authorization at the platform: approved in the app or by signing in, one grant whatever happens between."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
import pytest

from connectors.families.oauth import flow as oauth_flow
from connectors.interface import Challenge, ChallengeKind, Grant, Resume
from schema.dataset import Dataset
from schema.errors import (
    AnswerInvalid,
    ChallengeExpired,
    ChallengeRejected,
    ConnectionBroken,
    ConsentExpired,
    ContractChanged,
    DataConflict,
    GrantRevoked,
    RoleNotPermitted,
    RouteBroken,
    ScopeDenied,
    SignatureInvalid,
    TaxlinkError,
    TaxpayerAbnormal,
    TaxpayerNotFound,
)
from tests.connectors.bank import PERIOD
from tests.connectors.oauth.conftest import PORTAL, Bank, bank_at


def asked(found: Challenge | Grant) -> Challenge:
    assert isinstance(found, Challenge)
    return found


@pytest.mark.parametrize("address", ["bank", "signing", "mtls"])
def test_approval_in_the_app_ends_in_a_grant(address: str, request: pytest.FixtureRequest) -> None:
    bank: Bank = request.getfixturevalue(address)
    company = bank.companies[0]
    flow = bank.connector.authorize(bank.request(company))
    challenge = asked(flow.advance(None))
    assert (challenge.kind, challenge.resume) == (ChallengeKind.APP_APPROVAL, Resume.SERIALIZABLE)
    assert not challenge.retry
    assert (
        challenge.hint
        in bank.portals._ask(PORTAL, "GET", company["people"][0]["person_id"], door="/app/_sandbox").text
    ), "the person can compare the code"
    bank.approve(company)
    grant = flow.advance({})
    assert isinstance(grant, Grant)
    assert grant.expires_at is not None
    assert grant.expires_at > grant.granted_at
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAX_CREDIT_RATING, PERIOD))
    assert pages[0].portal_total == 3


@pytest.mark.parametrize("address", ["bank", "signing"])
def test_signing_in_at_the_platform_ends_in_a_grant(address: str, request: pytest.FixtureRequest) -> None:
    bank: Bank = request.getfixturevalue(address)
    company = bank.companies[1]
    asking = bank.request(company, person_id="")
    flow = bank.connector.authorize(asking)
    challenge = asked(flow.advance(None))
    assert (challenge.kind, challenge.resume) == (ChallengeKind.REDIRECT, Resume.SERIALIZABLE)
    assert set(parse_qs(challenge.url.partition("?")[2])) == {"client_id", "request_uri"}
    assert challenge.url not in repr(challenge)
    resumed = bank.connector.resume(asking, flow.state())
    assert isinstance(resumed.advance(bank.led_back(company, challenge)), Grant)


def test_nothing_is_sent_before_advance(bank: Bank) -> None:
    before = bank.sandbox.journal(PORTAL)
    bank.connector.authorize(bank.request(bank.companies[0])).close()
    assert bank.sandbox.journal(PORTAL) == before


def test_an_approval_that_has_not_come_is_asked_for_again(bank: Bank) -> None:
    company = bank.companies[2]
    flow = bank.connector.authorize(bank.request(company))
    first = asked(flow.advance(None))
    again = asked(flow.advance({}))
    assert again.retry
    assert again.hint == first.hint
    assert again.seconds <= first.seconds
    assert bank.refused("slow_down") == 0, "the platform's interval was kept"
    bank.approve(company)
    assert isinstance(flow.advance({}), Grant)


def test_slow_down_makes_the_interval_longer(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(oauth_flow.time, "sleep", waits.append)
    flow = bank.connector.authorize(bank.request(bank.companies[2]))
    flow.advance(None)
    assert asked(flow.advance({})).retry
    assert orjson.loads(flow.state())["interval"] == 1 + oauth_flow.SLOWER
    flow.advance({})
    assert waits[2] > oauth_flow.SLOWER - 1


def test_an_interval_beyond_patience_is_not_waited_for(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth_flow.time, "sleep", lambda seconds: pytest.fail("waited"))
    request = bank.request(bank.companies[2])
    flow = bank.connector.authorize(request)
    flow.advance(None)
    held = orjson.loads(flow.state())
    held["poll_at"] = held["ends_at"]
    assert asked(bank.connector.resume(request, orjson.dumps(held)).advance({})).retry


def test_a_person_who_says_no_ends_it(bank: Bank) -> None:
    company = bank.companies[2]
    account = company["people"][0]["person_id"]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    form = {"id": orjson.loads(flow.state())["auth_req_id"], "decision": "deny"}
    bank.portals._ask(PORTAL, "POST", account, door="/app/_sandbox", data=form)
    with pytest.raises(ChallengeRejected):
        flow.advance({})


def test_an_approval_expires(bank: Bank) -> None:
    company = bank.companies[2]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    bank.sandbox.shift_clock(11 * 60)
    with pytest.raises(ChallengeExpired):
        flow.advance({})
    bank.sandbox.shift_clock(-11 * 60)


def test_another_process_goes_on_from_the_sealed_state(bank: Bank) -> None:
    company = bank.companies[2]
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    flow.advance(None)
    bank.approve(company)
    assert isinstance(bank.connector.resume(request, flow.state()).advance({}), Grant)
    with pytest.raises(ContractChanged):
        bank.connector.resume(bank.request(company), flow.state())


def test_a_second_authorization_with_the_same_reference_makes_no_second_grant(bank: Bank) -> None:
    company = bank.companies[4]
    request = bank.request(company)
    grants = []
    for _ in range(2):
        flow = bank.connector.authorize(request)
        flow.advance(None)
        bank.approve(company)
        grants.append(flow.advance({}))
    assert isinstance(grants[0], Grant)
    assert isinstance(grants[1], Grant)
    assert grants[0].receipt == grants[1].receipt
    assert bank.made(company) == 1


def test_a_poll_that_broke_off_is_no_answer(bank: Bank) -> None:
    company = bank.companies[5]
    flow = bank.connector.authorize(bank.request(company))
    flow.advance(None)
    bank.sandbox.fault(PORTAL, "down", path="/token", times=1)
    bank.approve(company)
    assert isinstance(flow.advance({}), Grant)
    assert bank.made(company) == 1


def test_a_code_whose_answer_was_lost_is_not_sent_twice(bank: Bank) -> None:
    company = bank.companies[6]
    flow = bank.connector.authorize(bank.request(company, person_id=""))
    answer = bank.led_back(company, asked(flow.advance(None)))
    bank.sandbox.fault(PORTAL, "broken", path="/token")
    with pytest.raises(TaxlinkError) as raised:
        flow.advance(answer)
    assert isinstance(raised.value, ConnectionBroken)
    bank.sandbox.clear()
    assert bank.made(company, "grant_revoked") == 0


def test_a_replayed_code_ends_the_grant(bank: Bank) -> None:
    company = bank.companies[6]
    request = bank.request(company, person_id="")
    flow = bank.connector.authorize(request)
    answer = bank.led_back(company, asked(flow.advance(None)))
    grant = flow.advance(answer)
    assert isinstance(grant, Grant)
    with pytest.raises(ChallengeExpired):
        flow.advance(answer)
    with pytest.raises(GrantRevoked):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


class TestTheRedirectIsRefused:
    """What comes back in the person's browser may come from anybody."""

    def _begun(self, bank: Bank, company: int = 7) -> tuple[Any, dict[str, str]]:
        found = bank.companies[company]
        flow = bank.connector.authorize(bank.request(found, person_id=""))
        query = bank.led_back(found, asked(flow.advance(None)))["response"]
        return flow, {name: values[0] for name, values in parse_qs(query).items()}

    @pytest.mark.parametrize(
        ("changes", "cause"),
        [
            ({"iss": "https://evil.example"}, SignatureInvalid),
            ({"iss": None}, SignatureInvalid),
            ({"state": "another"}, ChallengeRejected),
            ({"state": None}, ChallengeRejected),
            ({"code": None}, ContractChanged),
            ({"code": None, "error": "access_denied"}, ChallengeRejected),
            ({"code": None, "error": "server_error", "reason": "role_not_permitted"}, RoleNotPermitted),
        ],
    )
    def test_of_another_issuer_or_authorization(
        self, bank: Bank, changes: dict[str, Any], cause: type[TaxlinkError]
    ) -> None:
        flow, told = self._begun(bank)
        altered = {name: value for name, value in {**told, **changes}.items() if value is not None}
        tokens = bank.refused("/token")
        with pytest.raises(cause):
            flow.advance({"response": urlencode(altered)})
        assert bank.refused("/token") == tokens, "nothing was sent"

    def test_with_a_parameter_twice(self, bank: Bank) -> None:
        flow, told = self._begun(bank)
        with pytest.raises(AnswerInvalid):
            flow.advance({"response": f"{urlencode(told)}&iss=https://evil.example"})

    def test_unsigned_where_the_platform_signs(self, signing: Bank) -> None:
        flow, told = self._begun(signing)
        assert set(told) == {"response"}
        plain = {"code": "x", "state": orjson.loads(flow.state())["state"], "iss": signing.listed["base_url"]}
        with pytest.raises(SignatureInvalid):
            flow.advance({"response": urlencode(plain)})

    def test_signed_for_another_authorization(self, signing: Bank) -> None:
        _, other = self._begun(signing, 8)
        flow, _ = self._begun(signing)
        with pytest.raises(ChallengeRejected):
            flow.advance({"response": urlencode(other)})


def test_existing_does_not_guess(bank: Bank) -> None:
    assert bank.connector.existing(bank.request(bank.companies[0])) is None


def test_a_reference_used_for_another_company_is_a_conflict(bank: Bank) -> None:
    request = bank.request(bank.companies[0])
    flow = bank.connector.authorize(request)
    flow.advance(None)
    bank.approve(bank.companies[0])
    flow.advance({})
    other = bank.request(bank.companies[1], reference=request.reference)
    with pytest.raises(DataConflict):
        bank.connector.authorize(other).advance(None)


def test_who_may_not_authorize_is_told(bank: Bank) -> None:
    company = bank.companies[0]
    bookkeeper = company["people"][2]
    assert bookkeeper["roles"][company["taxpayer_id"]] == "办税人"
    for person_id in (bookkeeper["person_id"], "330101199001011234"):
        with pytest.raises(RoleNotPermitted):
            bank.connector.authorize(bank.request(company, person_id=person_id)).advance(None)


def test_an_unknown_company_and_an_abnormal_one_stop(bank: Bank) -> None:
    someone = bank.companies[0]["people"][0]["person_id"]
    unknown = {"taxpayer_id": "91330101MA59A1B2XX"}
    with pytest.raises(TaxpayerNotFound):
        bank.connector.authorize(bank.request(unknown, person_id=someone)).advance(None)
    with pytest.raises(TaxpayerAbnormal):
        bank.connector.authorize(bank.request(bank.companies[11])).advance(None)


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
    request = bank.request(company)
    flow = bank.connector.authorize(request)
    flow.advance(None)
    bank.approve(company)
    grant = flow.advance({})
    assert isinstance(grant, Grant)
    revoked = bank.made(company, "grant_revoked")
    bank.connector.revoke(grant, company["taxpayer_id"])
    bank.connector.revoke(grant, company["taxpayer_id"])
    assert bank.made(company, "grant_revoked") == revoked + 1
    with pytest.raises(GrantRevoked):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    with pytest.raises(GrantRevoked):
        bank.connector.authorize(request).advance(None)


def test_an_access_token_that_has_ended_is_renewed(bank: Bank) -> None:
    company = bank.companies[8]
    grant = bank.granted(company)
    bank.sandbox.shift_clock(3600)
    assert list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    bank.sandbox.shift_clock(-3600)


def test_an_expired_grant_asks_for_a_new_consent(bank: Bank) -> None:
    company = bank.companies[9]
    grant = bank.granted(company)
    bank.sandbox.shift_clock(366 * 86_400)
    with pytest.raises(ConsentExpired):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    bank.sandbox.shift_clock(-366 * 86_400)


def test_a_grant_reads_only_its_scopes(bank: Bank) -> None:
    company = bank.companies[8]
    grant = bank.granted(company, scopes={Dataset.TAXPAYER: PERIOD})
    assert list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    with pytest.raises(ScopeDenied):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    with pytest.raises(ScopeDenied):
        list(bank.connector.fetch(grant, bank.companies[9]["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_a_grant_shows_no_secret(bank: Bank) -> None:
    grant = bank.granted(bank.companies[8])
    held = orjson.loads(grant.secret)
    for secret in (held["access_token"], held["refresh_token"], held["dpop"]["d"]):
        assert secret not in repr(grant)


def test_without_the_banks_certificate_there_is_no_connection(mtls: Bank) -> None:
    keys = {**mtls.listed["keys"], "client_auth": "private_key_jwt"}
    stranger = bank_at(mtls.sandbox, base_url=mtls.listed["base_url"], keys=keys)
    with pytest.raises((RouteBroken, ConnectionBroken)):
        stranger.connector.probe()
