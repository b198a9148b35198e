"""The authorization server: metadata, pushed requests, backchannel requests, tokens, revocation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from joserfc import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.families.oauth.applications import DATASETS, LIFE, TOKEN_LIFE, TYPE, Application, Applications
from sandbox.families.oauth.problems import Problem
from sandbox.families.oauth.proofs import Proofs
from sandbox.families.oauth.registration import CLIENT_ID, REDIRECT_URI, Registration

CIBA = "urn:openid:params:grant-type:ciba"
Form = dict[str, str]
Handler = Callable[[Request], Awaitable[Response]]


def issuer_of(request: Request) -> str:
    """Each address of the platform is an issuer of its own."""
    return f"{request.url.scheme}://{request.url.netloc}"


class Endpoints:
    """One address of the platform. ``signing`` is FAPI 2.0 message signing: requests as signed objects,
    answers of the authorization endpoint as JARM."""

    def __init__(
        self, registration: Registration, proofs: Proofs, applications: Applications, *, signing: bool
    ) -> None:
        self._registration, self._proofs, self._applications = registration, proofs, applications
        self._portal, self.signing = applications.portal, signing

    def routes(self) -> list[Route]:
        posts = {"par": self._par, "bc-authorize": self._backchannel, "token": self._token}
        return [
            Route("/.well-known/oauth-authorization-server", self._metadata),
            Route("/jwks", self._jwks),
            Route("/revoke", self._guarded(self._revoke), methods=["POST"]),
            *(Route(f"/{name}", self._guarded(handler), methods=["POST"]) for name, handler in posts.items()),
        ]

    def _guarded(self, handler: Callable[[Request, Form], Response]) -> Handler:
        """The endpoint behind the check of the client; refusals are answered and kept in the journal."""

        async def answer(request: Request) -> Response:
            form = {name: str(value) for name, value in (await request.form()).items()}
            try:
                self._proofs.client(request, form, issuer_of(request))
                response = handler(request, form)
            except Problem as problem:
                self._portal.journal.write("refused", detail=f"{request.url.path} {problem.error}")
                response = problem.response()
            response.headers["Cache-Control"] = "no-store"
            return response

        return answer

    async def _metadata(self, request: Request) -> Response:
        issuer, signing = issuer_of(request), ["ES256"]
        method = "self_signed_tls_client_auth" if request.url.scheme == "https" else "private_key_jwt"
        told: dict[str, Any] = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "pushed_authorization_request_endpoint": f"{issuer}/par",
            "backchannel_authentication_endpoint": f"{issuer}/bc-authorize",
            "token_endpoint": f"{issuer}/token",
            "revocation_endpoint": f"{issuer}/revoke",
            "jwks_uri": f"{issuer}/jwks",
            "require_pushed_authorization_requests": True,
            "authorization_response_iss_parameter_supported": True,
            "authorization_details_types_supported": [TYPE],
            "code_challenge_methods_supported": ["S256"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", CIBA],
            "backchannel_token_delivery_modes_supported": ["poll"],
            "dpop_signing_alg_values_supported": signing,
            "token_endpoint_auth_methods_supported": [method],
            "token_endpoint_auth_signing_alg_values_supported": signing,
        }
        if self.signing:
            told |= {
                "require_signed_request_object": True,
                "request_object_signing_alg_values_supported": signing,
                "backchannel_authentication_request_signing_alg_values_supported": signing,
                "response_modes_supported": ["jwt", "query.jwt"],
                "authorization_signing_alg_values_supported": signing,
            }
        return JSONResponse(told)

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._registration.signer.as_dict(private=False)]})

    def _asked(self, request: Request, form: Form, signed: bool) -> Mapping[str, Any]:
        """The parameters of a request, out of its signed object where one is due. Raises ``Problem``."""
        if not signed:
            return form
        if "request" not in form:
            raise Problem("invalid_request_object")
        claims = self._proofs.signed(form["request"], issuer_of(request), "invalid_request_object")
        if claims.get("client_id", CLIENT_ID) != CLIENT_ID:
            raise Problem("invalid_request_object")
        return claims

    def _par(self, request: Request, form: Form) -> Response:
        asked = self._asked(request, form, self.signing)
        jkt = self._proofs.dpop(request, "par")
        if asked.get("response_type") != "code" or not _registered(str(asked.get("redirect_uri"))):
            raise Problem("invalid_request")
        if asked.get("code_challenge_method") != "S256" or len(str(asked.get("code_challenge"))) != 43:
            raise Problem("invalid_request")
        if self.signing and asked.get("response_mode") != "jwt":
            raise Problem("invalid_request")
        pushed = self._applications.begin(asked, _details(asked), jkt)
        uri = f"urn:ietf:params:oauth:request_uri:{pushed.id}"
        return JSONResponse({"request_uri": uri, "expires_in": int(LIFE.total_seconds())}, 201)

    def _backchannel(self, request: Request, form: Form) -> Response:
        asked = self._asked(request, form, self.signing)
        if "openid" not in str(asked.get("scope")).split():
            raise Problem("invalid_scope")
        person = self._portal.directory.person(str(asked.get("login_hint")))
        if person is None:
            raise Problem("unknown_user_id")
        pushed = self._applications.begin(asked, _details(asked))
        roles = [each for each in person.roles if each.taxpayer_id == pushed.company.taxpayer_id]
        if not any(role.may_authorize for role in roles):
            del self._applications.by_id[pushed.id]
            raise Problem("access_denied", reason="role_not_permitted")
        pushed.person = person
        answer = {"auth_req_id": pushed.id, "expires_in": int(LIFE.total_seconds())}
        return JSONResponse(answer | {"interval": int(pushed.interval)})

    def _token(self, request: Request, form: Form) -> Response:
        jkt = self._proofs.dpop(request, "token")
        match form.get("grant_type"):
            case "authorization_code":
                application = self._by_code(form, jkt)
            case grant_type if grant_type == CIBA:
                application = self._by_poll(form)
            case "refresh_token":
                return self._refreshed(form, jkt)
            case _:
                raise Problem("unsupported_grant_type")
        grant = self._applications.granted(application)
        told = self._tokens(application, jkt)
        told["refresh_token"] = self._applications.issue(application, jkt, lasting=True)
        if "openid" in str(application.asked.get("scope", "")).split():
            told["id_token"] = self.signed(request, {"sub": grant["person_id"], "iat": int(time.time())})
        return JSONResponse(told)

    def _by_code(self, form: Form, jkt: str) -> Application:
        """A code that comes again ends the grant that it made (RFC 6749 §4.1.2)."""
        application = self._applications.by_code.get(form.get("code", ""))
        if application is None:
            raise Problem("invalid_grant")
        if application.state == "spent":
            self._applications.revoke(application)
            raise Problem("invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = hmac.compare_digest(challenge, str(application.asked["code_challenge"]))
        if (
            not good
            or form.get("redirect_uri") != application.asked["redirect_uri"]
            or jkt != application.jkt
        ):
            raise Problem("invalid_grant")
        return self._applications.waiting(application.id)

    def _by_poll(self, form: Form) -> Application:
        application = self._applications.waiting(form.get("auth_req_id", ""))
        early = time.monotonic() < application.polled_at + application.interval
        application.polled_at = time.monotonic()
        if application.state == "denied":
            raise Problem("access_denied")
        if early:
            application.interval += 5
            raise Problem("slow_down")
        if application.state != "approved":
            raise Problem("authorization_pending")
        return application

    def _refreshed(self, form: Form, jkt: str) -> Response:
        """No rotation: FAPI 2.0 §5.3.2.1 has none."""
        held = self._applications.tokens.get(form.get("refresh_token", ""))
        if held is None or held.expires_at is not None or held.jkt != jkt:
            raise Problem("invalid_grant")
        self._applications.alive(self._applications.grant(held.application), "invalid_grant")
        return JSONResponse(self._tokens(held.application, jkt))

    def _tokens(self, application: Application, jkt: str) -> dict[str, Any]:
        grant = self._applications.grant(application)
        detail = {
            "type": TYPE,
            "taxpayerId": application.company.taxpayer_id,
            "reference": application.reference,
            "datasets": [
                {"name": name, "from": days[0], "to": days[1]}
                for name, days in application.days.items()
                if DATASETS[name] in grant["scopes"].split(",")
            ],
            "receipt": grant["receipt"],
            "grantedAt": grant["granted_at"],
            "validUntil": grant["expires_at"],
        }
        return {
            "access_token": self._applications.issue(application, jkt),
            "token_type": "DPoP",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "authorization_details": [detail],
        }

    def _revoke(self, _: Request, form: Form) -> Response:
        """Unknown and ended tokens are answered alike (RFC 7009 §2.2)."""
        if held := self._applications.tokens.get(form.get("token", "")):
            self._applications.revoke(held.application)
        return Response()

    def signed(self, request: Request, claims: Mapping[str, Any]) -> str:
        """A JWT of the platform for the bank."""
        signer = self._registration.signer
        standard = {"iss": issuer_of(request), "aud": CLIENT_ID, "exp": int(time.time()) + 300}
        return jwt.encode({"alg": "ES256", "kid": signer.kid}, {**standard, **claims}, signer)


def _details(asked: Mapping[str, Any]) -> Any:
    """``authorization_details``: JSON text in a form, a list in a signed object."""
    details = asked.get("authorization_details", "")
    try:
        return json.loads(details) if isinstance(details, str) else details
    except json.JSONDecodeError:
        raise Problem("invalid_authorization_details") from None


def _registered(redirect_uri: str) -> bool:
    host, _, path = REDIRECT_URI.removeprefix("http://").partition("/")
    found_host, _, found_path = redirect_uri.removeprefix("http://").partition("/")
    return found_host.partition(":")[0] == host and found_path == path
