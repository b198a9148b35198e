"""What the bank does not believe: downgrades, other issuers, other audiences, unbound tokens."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from connectors.families.oauth.api import OAuthApi
from connectors.families.oauth.client import Client
from connectors.families.oauth.grant import grant_of
from connectors.families.oauth.metadata import Metadata, path_of
from connectors.families.oauth.portal import PORTAL
from connectors.interface import AuthorizationRequest
from sandbox.families.oauth.registration import Registration
from schema.dataset import USUAL
from schema.errors import (
    ContractChanged,
    RouteBroken,
    ScopeDenied,
    SignatureInvalid,
    TaxlinkError,
    WrongTaxpayer,
)
from tests.connectors.bank import PERIOD, NoPassword

ISSUER = "https://as.example"
REGISTRATION = Registration.made()
KEYS = REGISTRATION.client_keys()
CLIENT = Client.parse(KEYS)
TRUSTED = KeySet([REGISTRATION.signer])
COMPANY = "91330104MA00SH001N"


def _claims(**changes: Any) -> dict[str, Any]:
    good = {"iss": ISSUER, "aud": CLIENT.id, "exp": int(time.time()) + 60, "code": "c"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def _token(key: Any = REGISTRATION.signer, alg: str = "ES256", **changes: Any) -> str:
    header = {"alg": alg, "kid": REGISTRATION.signer.kid}
    return jwt.encode(header, _claims(**changes), key, algorithms=[alg])


def test_a_good_answer_is_believed() -> None:
    assert CLIENT.believed(_token(), ISSUER, TRUSTED)["code"] == "c"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-bank"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
    ],
)
def test_another_issuer_audience_or_time_is_not(changes: dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid):
        CLIENT.believed(_token(**changes), ISSUER, TRUSTED)


def test_another_key_is_not() -> None:
    with pytest.raises(SignatureInvalid):
        CLIENT.believed(_token(ECKey.generate_key("P-256")), ISSUER, TRUSTED)


def test_no_algorithm_is_not() -> None:
    unsigned = jwt.encode({"alg": "none"}, _claims(), OctKey.generate_key(256), algorithms=["none"])
    with pytest.raises(SignatureInvalid):
        CLIENT.believed(unsigned, ISSUER, TRUSTED)


def test_the_public_key_used_as_a_password_is_not() -> None:
    """The old confusion of HS256 with a public key."""
    public = OctKey.import_key(REGISTRATION.signer.as_pem(private=False).hex())
    with pytest.raises(SignatureInvalid):
        CLIENT.believed(_token(public, "HS256"), ISSUER, TRUSTED)


@pytest.mark.parametrize("token", [None, "", "a.b.c", "x" * 9000, 7])
def test_what_is_no_token_is_not(token: object) -> None:
    with pytest.raises(SignatureInvalid):
        CLIENT.believed(token, ISSUER, TRUSTED)


def test_no_key_shows_in_a_repr() -> None:
    assert KEYS["client_key"] not in repr(CLIENT)
    assert "PRIVATE" not in repr(CLIENT)
    assert str(CLIENT.key.as_dict(private=True)["d"]) not in repr(CLIENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ""},
        {"client_auth": "client_secret_basic"},
        {"client_key": KEYS["certificate"]},
        {"client_auth": "tls_client_auth", "certificate_key": "nonsense"},
    ],
)
def test_a_registration_that_does_not_fit_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(RouteBroken):
        Client.parse({**KEYS, **changes})


def test_a_certificate_stays_off_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert Client.parse({**KEYS, "client_auth": "tls_client_auth"}).tls is not None
    assert list(tmp_path.iterdir()) == []


# --- metadata ---


def _metadata(**changes: Any) -> bytes:
    good = {
        "issuer": ISSUER,
        "jwks_uri": f"{ISSUER}/jwks",
        "authorization_endpoint": f"{ISSUER}/authorize",
        "pushed_authorization_request_endpoint": f"{ISSUER}/par",
        "token_endpoint": f"{ISSUER}/token",
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.example/token"},
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256", "PS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "tls_client_auth"],
        "authorization_details_types_supported": ["tax_data"],
        "an_extension_nobody_knows": {"deep": True},
    }
    return orjson.dumps({name: value for name, value in {**good, **changes}.items() if value is not None})


def _parsed(auth: str = "private_key_jwt", **changes: Any) -> Metadata:
    return Metadata.parse(_metadata(**changes), ISSUER, auth, "tax_data")


def test_the_metadata_of_a_platform_that_keeps_the_profile() -> None:
    found = _parsed()
    assert not found.app_approval
    assert not found.jarm
    assert found.endpoint("token_endpoint", "private_key_jwt") == f"{ISSUER}/token"
    assert (
        _parsed("tls_client_auth").endpoint("token_endpoint", "tls_client_auth")
        == "https://mtls.example/token"
    )
    with pytest.raises(ContractChanged, match="revocation_endpoint"):
        found.endpoint("revocation_endpoint", "private_key_jwt")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"dpop_signing_alg_values_supported": None}, "DPoP"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "private_key_jwt"),
        ({"authorization_details_types_supported": ["payment"]}, "tax_data"),
        ({"pushed_authorization_request_endpoint": None}, "pushed_authorization_request_endpoint"),
        ({"token_endpoint": "http://as.example/token"}, "scheme"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "scheme"),
        ({"mtls_endpoint_aliases": {"token_endpoint": "http://as.example"}}, "scheme"),
    ],
)
def test_a_platform_that_offers_less_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ContractChanged, match=named):
        _parsed(**changes)


def test_the_metadata_of_another_issuer_are_refused() -> None:
    for other in ("https://evil.example", f"{ISSUER}/"):
        with pytest.raises(SignatureInvalid):
            _parsed(issuer=other)


def test_the_well_known_name_goes_before_the_issuers_path() -> None:
    assert path_of("https://as.example") == "/.well-known/oauth-authorization-server"
    assert path_of("https://as.example/tax/") == "/.well-known/oauth-authorization-server/tax"


# --- token answers ---


def _answer(**changes: Any) -> dict[str, Any]:
    names = list(PORTAL.datasets.values())
    detail = {"type": "tax_data", "taxpayerId": COMPANY, "receipt": "R1"}
    return {
        "access_token": "a",
        "token_type": "DPoP",
        "expires_in": 600,
        "authorization_details": [detail | {"datasets": [{"name": name} for name in names]}],
    } | changes


def _detail(**changes: Any) -> list[dict[str, Any]]:
    return [{**_answer()["authorization_details"][0], **changes}]


def _granted(told: dict[str, Any]) -> Any:
    api = OAuthApi(ISSUER, CLIENT, PORTAL, lambda origin: pytest.fail("nothing is sent"))
    request = AuthorizationRequest("r", COMPANY, "", dict.fromkeys(USUAL, PERIOD), NoPassword())
    return grant_of(api, request, told, ECKey.generate_key("P-256"))


def test_a_bound_token_with_its_details_is_a_grant() -> None:
    assert _granted(_answer()).receipt == "R1"


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        (_answer(token_type="Bearer"), ContractChanged),
        (_answer(token_type=None), ContractChanged),
        (_answer(access_token=None), ContractChanged),
        (_answer(expires_in="soon"), ContractChanged),
        (_answer(authorization_details=None), ContractChanged),
        (_answer(authorization_details=_detail(type="payment")), ContractChanged),
        (_answer(authorization_details=_detail(receipt=None)), ContractChanged),
        (_answer(authorization_details=_detail(validUntil="some day")), ContractChanged),
        (_answer(authorization_details=_detail(taxpayerId="91330104MA00SH002K")), WrongTaxpayer),
        (_answer(authorization_details=_detail(datasets=[{"name": "taxpayer"}])), ScopeDenied),
    ],
)
def test_any_other_is_not(told: dict[str, Any], cause: type[TaxlinkError]) -> None:
    with pytest.raises(cause):
        _granted(told)
