"""What the bank has to prove: who it is (RFC 7523, RFC 8705), and that a token is its own (RFC 9449).

Written apart from the connector's half on purpose: each proves the other. By real time: a shifted sandbox
clock ages grants, not the wire.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwt import JWTClaimsRegistry
from starlette.requests import Request

from sandbox.families.oauth.problems import Problem
from sandbox.families.oauth.registration import CLIENT_ID, Registration

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 300
"""Seconds that an assertion or request object may live."""
SKEW = 60
NONCE_SECONDS = 300


class Seen:
    """Identifiers that were used, until they would be refused for their age."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def first(self, mark: str, seconds: float) -> bool:
        """Whether the mark comes for the first time; it is remembered."""
        now = time.time()
        while self._until and next(iter(self._until.values())) < now - LONGEST:
            del self._until[next(iter(self._until))]
        if mark in self._until:
            return False
        self._until[mark] = now + seconds
        return True


class Proofs:
    """The checks of one platform, with the memory that replays run into."""

    def __init__(self, registration: Registration) -> None:
        self._registration, self._seen, self._nonce_key = registration, Seen(), os.urandom(32)

    def client(self, request: Request, form: Mapping[str, str], issuer: str) -> None:
        """Raises ``Problem`` invalid_client."""
        if form.get("client_id", CLIENT_ID) != CLIENT_ID:
            raise Problem("invalid_client", 401)
        if request.url.scheme == "https":
            if request.scope.get("peer") != self._registration.identity.thumbprint:
                raise Problem("invalid_client", 401)
            return
        if form.get("client_assertion_type") != ASSERTION:
            raise Problem("invalid_client", 401)
        claims = self.signed(form.get("client_assertion", ""), issuer, "invalid_client", 401)
        if claims.get("sub") != CLIENT_ID:
            raise Problem("invalid_client", 401)

    def signed(self, token: str, issuer: str, error: str, status: int = 400) -> dict[str, Any]:
        """Claims that the bank signed for this platform, once. Raises ``Problem``."""
        rules = JWTClaimsRegistry(
            iss={"essential": True, "value": CLIENT_ID},
            aud={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._registration.key, algorithms=["ES256"]).claims
            rules.validate(claims)
        except (JoseError, ValueError):
            raise Problem(error, status) from None
        if claims["aud"] != issuer or claims["exp"] > time.time() + LONGEST:
            raise Problem(error, status)
        if not self._seen.first(f"jwt:{claims['jti']}", LONGEST):
            raise Problem(error, status)
        return dict(claims)

    def dpop(self, request: Request, role: str, *, token: str = "") -> str:
        """The thumbprint of the key that signed this request's proof. Raises ``Problem``.

        Each ``role`` of the platform (par, token, data) has nonces of its own.
        """
        status = 401 if token else 400
        proofs = request.headers.getlist("dpop")
        try:
            if len(proofs) != 1:
                raise ValueError
            header = jws.extract_compact(proofs[0].encode()).headers()
            if header.get("typ") != "dpop+jwt" or "d" in header["jwk"]:
                raise ValueError
            key = ECKey.import_key(header["jwk"])
            claims = jwt.decode(proofs[0], key, algorithms=["ES256"]).claims
            self._check_proof(request, claims, token)
        except (JoseError, ValueError, KeyError, TypeError):
            raise Problem("invalid_dpop_proof", status) from None
        if not any(hmac.compare_digest(str(claims.get("nonce")), good) for good in self._nonces(role)):
            raise Problem("use_dpop_nonce", status, headers=self.nonce(role))
        if not self._seen.first(f"dpop:{key.thumbprint()}:{claims['jti']}", LONGEST):
            raise Problem("invalid_dpop_proof", status)
        return key.thumbprint()

    def nonce(self, role: str) -> dict[str, str]:
        """The header that tells the nonce to use next."""
        return {"DPoP-Nonce": self._nonces(role)[0]}

    def _check_proof(self, request: Request, claims: Mapping[str, Any], token: str) -> None:
        url = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
        fits = claims["htm"] == request.method and claims["htu"] == url and isinstance(claims["jti"], str)
        if not fits or abs(time.time() - claims["iat"]) > SKEW:
            raise ValueError
        digest = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        if token and claims["ath"] != digest:
            raise ValueError

    def _nonces(self, role: str) -> tuple[str, str]:
        now = int(time.time()) // NONCE_SECONDS

        def at(bucket: int) -> str:
            return hmac.new(self._nonce_key, f"{role}:{bucket}".encode(), hashlib.sha256).hexdigest()[:32]

        return at(now), at(now - 1)
