"""One authorization at the platform: approved in the tax app (CIBA, polled), or by signing in at the platform
(authorization code, pushed and led back)."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
from joserfc.jwk import ECKey

from connectors.families.oauth.api import OAuthApi, refusal
from connectors.families.oauth.client import base64url
from connectors.families.oauth.grant import grant_of
from connectors.families.oauth.metadata import CIBA
from connectors.http import persistently
from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Grant, Resume
from schema.errors import (
    Action,
    AnswerInvalid,
    ChallengeExpired,
    ChallengeRejected,
    ContractChanged,
    ResultNotReady,
    SignatureInvalid,
    TaxlinkError,
)

_STATE_VERSION = 1
POLLS = 2
"""Polls an answer: at once, and after the platform's interval; then the person is asked again."""
PATIENCE_SECONDS = 10.0
"""An interval beyond this is not waited for by a worker."""
SLOWER = 5
"""Seconds that ``slow_down`` adds to the interval (CIBA §11)."""


class OAuthFlow:
    """See ``connectors.interface.Flow``. Its state holds the keys to what is under way."""

    def __init__(self, api: OAuthApi, request: AuthorizationRequest) -> None:
        self._api, self._request = api, request
        self._held: dict[str, Any] = {}

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        if answer is None:
            return self._begin()
        return self._polled() if "auth_req_id" in self._held else self._led_back(answer)

    def state(self) -> bytes:
        return orjson.dumps(self._held)

    def restore(self, state: bytes) -> None:
        """Raises ``ContractChanged`` for a state of another version or another authorization."""
        held = orjson.loads(state)
        if (held["version"], held["reference"]) != (_STATE_VERSION, self._request.reference):
            raise ContractChanged("the sealed flow is of another version or authorization")
        self._held = held

    def close(self) -> None:
        """The platform keeps nothing open."""

    def _begin(self) -> Challenge:
        """In the app where the platform has one and the person is known; else by signing in."""
        key = ECKey.generate_key("P-256").as_dict(private=True)
        self._held = {"version": _STATE_VERSION, "reference": self._request.reference, "dpop": key}
        by_app = self._api.metadata.app_approval and self._request.person_id
        return self._ask_app() if by_app else self._ask_sign_in()

    def _ask_app(self) -> Challenge:
        metadata, message = self._api.metadata, f"{secrets.randbelow(10_000):04d}"
        asked = {
            "scope": "openid",
            "login_hint": self._request.person_id,
            "binding_message": message,
            "authorization_details": [self._detail()],
        }
        kind = "JWT" if metadata.signs_backchannel else ""
        told = persistently(
            lambda: self._api.post("backchannel_authentication_endpoint", asked, signed_as=kind)
        )
        self._held |= {
            "auth_req_id": _text(told, "auth_req_id"),
            "interval": _number(told, "interval", 5),
            "hint": message,
        }
        return self._challenge(told)

    def _ask_sign_in(self) -> Challenge:
        metadata = self._api.metadata
        self._held |= {"verifier": secrets.token_urlsafe(48), "state": secrets.token_urlsafe(24)}
        asked = {
            "response_type": "code",
            "client_id": self._api.client.id,
            "redirect_uri": self._api.client.redirect_uri,
            "state": self._held["state"],
            "code_challenge": base64url(sha256(self._held["verifier"].encode()).digest()),
            "code_challenge_method": "S256",
            "authorization_details": [self._detail()],
        } | ({"response_mode": "jwt"} if metadata.jarm else {})
        kind = "oauth-authz-req+jwt" if metadata.require_signed_request_object else ""
        endpoint, key = "pushed_authorization_request_endpoint", self._key()
        told = persistently(lambda: self._api.post(endpoint, asked, key, signed_as=kind))
        query = {"client_id": self._api.client.id, "request_uri": _text(told, "request_uri")}
        return self._challenge(told, url=f"{metadata.authorization_endpoint}?{urlencode(query)}")

    def _detail(self) -> dict[str, Any]:
        portal, request = self._api.portal, self._request
        return {
            "type": portal.detail_type,
            "actions": ["read"],
            "taxpayerId": request.taxpayer_id,
            "reference": request.reference,
            "datasets": [
                {"name": portal.datasets[dataset], "from": f"{period.start}", "to": f"{period.end}"}
                for dataset, period in sorted(request.scopes.items())
            ],
        }

    def _challenge(
        self, told: Mapping[str, Any] | None = None, *, url: str = "", retry: bool = False
    ) -> Challenge:
        """The question, with the life that the platform tells at its beginning and what is left of it."""
        now = time.time()
        if told is not None:
            self._held["ends_at"] = now + _number(told, "expires_in", 0)
        kind = ChallengeKind.REDIRECT if url else ChallengeKind.APP_APPROVAL
        seconds = int(self._held["ends_at"] - now)
        if seconds <= 0:
            raise ChallengeExpired
        hint = self._held.get("hint", "")
        return Challenge(kind, Resume.SERIALIZABLE, seconds, hint=hint, retry=retry, url=url)

    def _polled(self) -> Challenge | Grant:
        """Whether the person has approved, as the platform sees it; a poll that broke off is no answer."""
        form = {"grant_type": CIBA, "auth_req_id": self._held["auth_req_id"]}
        for _ in range(POLLS):
            wait = self._held.get("poll_at", 0) - time.time()
            if wait > PATIENCE_SECONDS:
                break
            time.sleep(max(0.0, wait))
            try:
                return self._granted(self._api.post("token_endpoint", form, self._key()), signed_in=True)
            except TaxlinkError as error:
                if not isinstance(error, ResultNotReady) and error.action is not Action.RETRY:
                    raise
                slower = SLOWER if refusal(error) == "slow_down" else 0
                self._held["interval"] += slower
                self._held["poll_at"] = time.time() + self._held["interval"]
        return self._challenge(retry=True)

    def _led_back(self, answer: Answer) -> Grant:
        """The code out of the redirect, sent once: one whose fate is unknown is not sent again, a replayed
        code ends the grant."""
        told = self._authentic(answer.get("response", ""))
        if error := told.get("error"):
            raise self._api.portal.cause(told.get("reason", ""), error)(
                "the person came back without a grant"
            )
        form = {
            "grant_type": "authorization_code",
            "code": _text(told, "code"),
            "redirect_uri": self._api.client.redirect_uri,
            "code_verifier": self._held["verifier"],
        }
        return self._granted(self._api.post("token_endpoint", form, self._key()), signed_in=False)

    def _authentic(self, response: str) -> dict[str, str]:
        """The parameters of the redirect: of this platform (RFC 9207), and of this authorization."""
        try:
            query = parse_qs(response.removeprefix("?"), max_num_fields=20)
        except ValueError:
            raise AnswerInvalid from None
        if any(len(values) != 1 for values in query.values()):
            raise AnswerInvalid
        told = {name: values[0] for name, values in query.items()}
        if self._api.metadata.jarm:
            told = self._api.client.believed(told.get("response"), self._api.issuer, self._api.keys)
        if not hmac.compare_digest(str(told.get("state")).encode(), self._held["state"].encode()):
            raise ChallengeRejected("the redirect is of another authorization")
        if told.get("iss") != self._api.issuer:
            raise SignatureInvalid("the redirect is of another issuer")
        return {name: str(value) for name, value in told.items()}

    def _granted(self, told: Mapping[str, Any], *, signed_in: bool) -> Grant:
        """``signed_in`` where an ID token is due (CIBA is OpenID Connect)."""
        if signed_in:
            self._api.client.believed(told.get("id_token"), self._api.issuer, self._api.keys)
        return grant_of(self._api, self._request, told, self._key())

    def _key(self) -> ECKey:
        return ECKey.import_key(self._held["dpop"])


def _text(told: Mapping[str, Any], name: str) -> str:
    if not isinstance(told.get(name), str):
        raise ContractChanged(f"an answer lacks {name}")
    return str(told[name])


def _number(told: Mapping[str, Any], name: str, usual: int) -> int:
    value = told.get(name, usual)
    if not isinstance(value, int) or value < 0:
        raise ContractChanged(f"an answer has no usable {name}")
    return value
