"""What a token answer must say before it counts as a grant, and the access that a grant gives later."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from joserfc.jwk import ECKey

from connectors.families.oauth.api import OAuthApi, refusal
from connectors.http import persistently
from connectors.interface import AuthorizationRequest, Grant
from schema.errors import ContractChanged, GrantRevoked, ScopeDenied, TaxlinkError, WrongTaxpayer

_EARLY = 30
"""Seconds before its end that an access token is renewed."""


def grant_of(api: OAuthApi, request: AuthorizationRequest, told: Mapping[str, Any], key: ECKey) -> Grant:
    """The grant in a token answer.

    Raises ``ContractChanged`` for a token that is not bound to our key or names no receipt, ``WrongTaxpayer``
    for one of another company, ``ScopeDenied`` for one that covers less than was asked for.
    """
    detail = _detail(api, told)
    if detail.get("taxpayerId") != request.taxpayer_id:
        raise WrongTaxpayer("the grant is another company's")
    names = {api.portal.datasets[dataset] for dataset in request.scopes}
    datasets, receipt = detail.get("datasets"), detail.get("receipt")
    if not isinstance(datasets, list) or not isinstance(receipt, str):
        raise ContractChanged("the grant tells no datasets or no receipt")
    if not names <= {each.get("name") for each in datasets if isinstance(each, dict)}:
        raise ScopeDenied("the grant covers less than was asked for")
    secret = {
        "dpop": key.as_dict(private=True),
        "refresh_token": told.get("refresh_token"),
        **_access(told),
    }
    granted_at = _instant(detail.get("grantedAt")) or datetime.now(UTC)
    return Grant(receipt, granted_at, _instant(detail.get("validUntil")), orjson.dumps(secret))


def _detail(api: OAuthApi, told: Mapping[str, Any]) -> dict[str, Any]:
    details = told.get("authorization_details")
    kind = api.portal.detail_type
    found = [
        each
        for each in (details if isinstance(details, list) else ())
        if isinstance(each, dict) and each.get("type") == kind
    ]
    if len(found) != 1:
        raise ContractChanged(f"a token answer does not tell its {kind}")
    return found[0]


def _access(told: Mapping[str, Any]) -> dict[str, Any]:
    """The access token and its end. One of another type than DPoP is no better than a password: refused."""
    token, life = told.get("access_token"), told.get("expires_in", 0)
    if str(told.get("token_type")).lower() != "dpop":
        raise ContractChanged("the platform gave a token that is not bound to our key")
    if not isinstance(token, str) or not isinstance(life, int):
        raise ContractChanged("a token answer has no access_token or expires_in")
    return {"access_token": token, "ends_at": time.time() + life}


def _instant(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        raise ContractChanged("a time of the grant is printed in another form") from None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


class Access:
    """A grant's access token, renewed when it ends. ``key`` is the one it is bound to."""

    def __init__(self, api: OAuthApi, grant: Grant) -> None:
        self._api, self._held = api, orjson.loads(grant.secret)
        self.key = ECKey.import_key(self._held["dpop"])

    @property
    def token(self) -> str:
        if self._held["ends_at"] - _EARLY < time.time():
            self.renew()
        return str(self._held["access_token"])

    def renew(self) -> None:
        """Another access token. Raises ``GrantRevoked`` when the grant is over."""
        if not (refresh := self._held["refresh_token"]):
            raise GrantRevoked("the grant has ended and cannot be renewed")
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        try:
            told = persistently(lambda: self._api.post("token_endpoint", form, self.key))
        except TaxlinkError as error:
            if refusal(error) == "invalid_grant" and error.code == "challenge_expired":
                raise GrantRevoked("the platform renews this grant no more") from None
            raise
        self._held |= _access(told)
        self._held["refresh_token"] = told.get("refresh_token") or refresh

    def revoke(self) -> None:
        """End the grant at the platform (RFC 7009). Idempotent."""
        name = "refresh_token" if self._held["refresh_token"] else "access_token"
        form = {"token": self._held[name], "token_type_hint": name}
        persistently(lambda: self._api.post("revocation_endpoint", form))
