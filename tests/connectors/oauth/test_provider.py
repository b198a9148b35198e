"""The platform refuses too: replays, foreign proofs, other audiences. By hand, as an attacker would."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.families.oauth.client import Client, proof
from connectors.families.oauth.metadata import CIBA
from tests.connectors.oauth.conftest import Bank


class Hand:
    """One request at a time, every part of it open to change."""

    def __init__(self, bank: Bank) -> None:
        self.bank, self.base = bank, str(bank.listed["base_url"])
        self.client = Client.parse(bank.listed["keys"])
        self.key = ECKey.generate_key("P-256")
        self.nonces: dict[str, str] = {}
        self.http = requests.Session()
        self.http.trust_env = False

    def post(self, path: str, form: dict[str, str], **headers: str) -> requests.Response:
        whole = {**self.client.identified(self.base), **form}
        answer = self.http.post(self.base + path, data=whole, headers=headers, timeout=5)
        self.nonces[path] = answer.headers.get("DPoP-Nonce", self.nonces.get(path, ""))
        return answer

    def proof(self, path: str, **changes: Any) -> str:
        made = proof(self.key, "POST", self.base + path, nonce=self.nonces.get(path))
        if not changes:
            return made
        claims = jwt.decode(made, self.key, algorithms=["ES256"]).claims
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        return jwt.encode(header, {**claims, **changes}, self.key)

    def proved(self, path: str, form: dict[str, str], **changes: Any) -> requests.Response:
        """With a proof under the newest nonce, learned first."""
        if path not in self.nonces:
            self.post(path, form, DPoP=self.proof(path))
        return self.post(path, form, DPoP=self.proof(path, **changes))

    def pushed(self, **changes: str) -> dict[str, str]:
        company = self.bank.companies[10]
        datasets = [{"name": "taxpayer", "from": "2024-01-01", "to": "2024-12-31"}]
        taxpayer_id = company["taxpayer_id"]
        detail = {"type": "tax_data", "taxpayerId": taxpayer_id, "reference": "hand", "datasets": datasets}
        return {
            "response_type": "code",
            "redirect_uri": self.client.redirect_uri,
            "state": "s",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
            "authorization_details": orjson.dumps([detail]).decode(),
        } | changes


@pytest.fixture
def hand(bank: Bank) -> Hand:
    return Hand(bank)


def error(answer: requests.Response) -> str:
    return str(answer.json()["error"])


def test_a_good_request_is_taken(hand: Hand) -> None:
    assert hand.proved("/par", hand.pushed()).status_code == 201


def test_a_replayed_assertion(hand: Hand) -> None:
    form = hand.client.identified(hand.base)
    assert hand.post("/revoke", form).status_code == 200
    assert error(hand.post("/revoke", form)) == "invalid_client"


@pytest.mark.parametrize("audience", ["https://evil.example", "/token"])
def test_an_assertion_for_another_audience(hand: Hand, audience: str) -> None:
    aimed = hand.base + audience if audience.startswith("/") else audience
    assert error(hand.post("/revoke", hand.client.identified(aimed))) == "invalid_client"


@pytest.mark.parametrize("shift", [-3600, 3600])
def test_an_assertion_of_another_time(hand: Hand, shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    at = time.time() + shift
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: at)
        form = hand.client.identified(hand.base)
    assert error(hand.post("/revoke", form)) == "invalid_client"


def test_an_assertion_of_somebody_else(hand: Hand) -> None:
    claims = {
        "iss": hand.client.id,
        "sub": hand.client.id,
        "aud": hand.base,
        "jti": "1",
        "exp": time.time() + 60,
    }
    forged = jwt.encode({"alg": "ES256"}, claims, ECKey.generate_key("P-256"))
    assert error(hand.post("/revoke", {"client_assertion": forged})) == "invalid_client"


def test_a_request_without_its_nonce_is_told_one(hand: Hand) -> None:
    answer = hand.post("/par", hand.pushed(), DPoP=hand.proof("/par"))
    assert (answer.status_code, error(answer)) == (400, "use_dpop_nonce")
    assert answer.headers["DPoP-Nonce"]


def test_no_proof(hand: Hand) -> None:
    assert error(hand.post("/par", hand.pushed())) == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htu": "https://evil.example/par"},
        {"iat": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600},
        {"jti": None},
    ],
)
def test_a_proof_for_something_else(hand: Hand, changes: dict[str, Any]) -> None:
    assert error(hand.proved("/par", hand.pushed(), **changes)) == "invalid_dpop_proof"


def test_a_replayed_proof(hand: Hand) -> None:
    hand.proved("/par", hand.pushed())
    same = hand.proof("/par")
    assert hand.post("/par", hand.pushed(), DPoP=same).status_code == 201
    assert error(hand.post("/par", hand.pushed(), DPoP=same)) == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"response_type": "token"},
        {"redirect_uri": "https://evil.example/return"},
        {"redirect_uri": "http://127.0.0.1:8000/elsewhere"},
    ],
)
def test_a_request_below_the_profile(hand: Hand, changes: dict[str, str]) -> None:
    assert error(hand.proved("/par", hand.pushed(**changes))) == "invalid_request"


@pytest.mark.parametrize("details", ["", "[]", "{", '[{"type":"tax_data"}]', '[{"type":"payment"}]'])
def test_details_that_say_nothing(hand: Hand, details: str) -> None:
    answer = hand.proved("/par", hand.pushed(authorization_details=details))
    assert error(answer) == "invalid_authorization_details"


def test_an_unsigned_request_where_signed_ones_are_due(signing: Bank) -> None:
    hand = Hand(signing)
    assert error(hand.proved("/par", hand.pushed())) == "invalid_request_object"


def test_a_code_with_another_verifier_or_key(hand: Hand) -> None:
    company = hand.bank.companies[10]
    flow = hand.bank.connector.authorize(hand.bank.request(company, person_id=""))
    challenge: Any = flow.advance(None)
    code = hand.bank.led_back(company, challenge)["response"].partition("code=")[2].partition("&")[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": hand.client.redirect_uri}
    assert error(hand.proved("/token", {**form, "code_verifier": "y" * 43})) == "invalid_grant"
    verifier = orjson.loads(flow.state())["verifier"]
    assert error(hand.proved("/token", {**form, "code_verifier": verifier})) == "invalid_grant", "another key"


def test_a_refresh_token_under_another_key(hand: Hand) -> None:
    grant = hand.bank.granted(hand.bank.companies[10])
    form = {"grant_type": "refresh_token", "refresh_token": orjson.loads(grant.secret)["refresh_token"]}
    assert error(hand.proved("/token", form)) == "invalid_grant"


def test_an_approval_is_taken_once(hand: Hand) -> None:
    company = hand.bank.companies[10]
    flow = hand.bank.connector.authorize(hand.bank.request(company))
    flow.advance(None)
    hand.bank.approve(company)
    flow.advance({})
    form = {"grant_type": CIBA, "auth_req_id": orjson.loads(flow.state())["auth_req_id"]}
    assert error(hand.proved("/token", form)) == "invalid_grant"


class TestTheDataAreRefused:
    """A stolen access token alone opens nothing."""

    def _asked(self, hand: Hand, *, scheme: str = "DPoP", key: ECKey | None = None, ath: bool = True) -> str:
        company = hand.bank.companies[10]
        grant = hand.bank.granted(company)
        held = orjson.loads(grant.secret)
        own = ECKey.import_key(held["dpop"])
        url = f"{hand.base}/tax/v1/taxpayers/{company['taxpayer_id']}"
        headers = {"Authorization": f"{scheme} {held['access_token']}"}
        answer: requests.Response | None = None
        for _ in range(2):
            nonce = answer.headers.get("DPoP-Nonce") if answer is not None else None
            token = held["access_token"] if ath else "another"
            headers["DPoP"] = proof(key or own, "GET", url, nonce=nonce, token=token)
            answer = hand.http.get(url, headers=headers, timeout=5)
        assert answer is not None
        return "" if answer.ok else error(answer)

    def test_not_to_the_holder(self, hand: Hand) -> None:
        assert self._asked(hand) == ""

    def test_as_a_bearer_token(self, hand: Hand) -> None:
        assert self._asked(hand, scheme="Bearer") == "invalid_token"

    def test_with_a_key_of_ones_own(self, hand: Hand) -> None:
        assert self._asked(hand, key=ECKey.generate_key("P-256")) == "invalid_token"

    def test_with_the_proof_of_another_token(self, hand: Hand) -> None:
        assert self._asked(hand, ath=False) == "invalid_dpop_proof"
