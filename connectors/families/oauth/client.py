"""The bank as an OAuth client: its registration, and what it signs (RFC 7523, RFC 9101, RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from schema.errors import RouteBroken, SignatureInvalid

ALGORITHMS = {"EC": "ES256", "RSA": "PS256"}
"""What FAPI 2.0 §5.4 allows, by kind of key; nothing else is signed with or believed."""
PRIVATE_KEY_JWT, TLS_CLIENT_AUTH = "private_key_jwt", "tls_client_auth"
LIFE = 60
"""Seconds that a signed message of ours lives."""
SKEW = 30


@dataclass(frozen=True)
class Client:
    """``tls`` is there in the mTLS mode (RFC 8705) and where the platform's authority is not a public one."""

    id: str
    auth: str
    redirect_uri: str
    key: ECKey | RSAKey = field(repr=False)
    tls: ssl.SSLContext | None = None

    @classmethod
    def parse(cls, keys: Mapping[str, str]) -> Client:
        """Raises ``RouteBroken`` naming the key that is missing or does not fit, never its value."""
        for name in ("client_id", "client_auth", "client_key", "redirect_uri"):
            if not keys.get(name):
                raise RouteBroken(f"the deployment lists no {name}")
        auth = keys["client_auth"]
        if auth not in (PRIVATE_KEY_JWT, TLS_CLIENT_AUTH):
            raise RouteBroken("client_auth is neither of the two modes")
        key = _signing_key(keys["client_key"].encode())
        return cls(keys["client_id"], auth, keys["redirect_uri"], key, _tls(keys, auth))

    def identified(self, issuer: str) -> dict[str, str]:
        """The form fields that say who asks: new ones for every request, an assertion is used once."""
        if self.auth == TLS_CLIENT_AUTH:
            return {"client_id": self.id}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assertion = self.signed(issuer, {"sub": self.id})
        return {"client_id": self.id, "client_assertion_type": kind, "client_assertion": assertion}

    def signed(self, issuer: str, claims: Mapping[str, Any], kind: str = "JWT") -> str:
        """A JWT for this platform alone, good for ``LIFE`` seconds."""
        now = int(time.time())
        ours = {"iss": self.id, "aud": issuer, "jti": uuid4().hex, "iat": now, "nbf": now, "exp": now + LIFE}
        header = {"alg": ALGORITHMS[self.key.key_type], "typ": kind, "kid": self.key.thumbprint()}
        return jwt.encode(header, {**claims, **ours}, self.key, algorithms=list(ALGORITHMS.values()))

    def believed(self, token: object, issuer: str, keys: KeySet) -> dict[str, Any]:
        """The claims of a JWT that this platform signed for us. Raises ``SignatureInvalid``."""
        if not isinstance(token, str):
            raise SignatureInvalid("a signed answer is missing")
        rules = JWTClaimsRegistry(
            leeway=SKEW,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self.id},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS.values())).claims
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            raise SignatureInvalid(f"a signed answer is refused ({type(error).__name__})") from None
        return dict(claims)


def proof(key: ECKey, method: str, url: str, *, nonce: str | None, token: str = "") -> str:
    """A DPoP proof for one request; ``url`` without query."""
    claims: dict[str, Any] = {"jti": uuid4().hex, "htm": method, "htu": url, "iat": int(time.time())}
    if nonce:
        claims["nonce"] = nonce
    if token:
        claims["ath"] = base64url(hashlib.sha256(token.encode()).digest())
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key)


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signing_key(pem: bytes) -> ECKey | RSAKey:
    try:
        found = load_pem_private_key(pem, None)
    except (TypeError, ValueError):
        raise RouteBroken("client_key is no private key in PEM") from None
    if isinstance(found, EllipticCurvePrivateKey) and isinstance(found.curve, SECP256R1):
        return ECKey.import_key(found)
    if isinstance(found, RSAPrivateKey) and found.key_size >= 2048:
        return RSAKey.import_key(found)
    raise RouteBroken("client_key is neither P-256 nor RSA of 2048 bits")


def _tls(keys: Mapping[str, str], auth: str) -> ssl.SSLContext | None:
    if auth != TLS_CLIENT_AUTH and "ca" not in keys:
        return None
    context = ssl.create_default_context()
    try:
        if "ca" in keys:
            context.load_verify_locations(cadata=keys["ca"])
        if auth == TLS_CLIENT_AUTH:
            _load(context, f"{keys['certificate']}\n{keys['certificate_key']}")
    except (KeyError, OSError):
        raise RouteBroken("certificate, certificate_key or ca is no PEM") from None
    return context


def _load(context: ssl.SSLContext, pem: str) -> None:
    """OpenSSL takes a certificate from a file only: this one never touches disk."""
    held = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(held, pem.encode())
        context.load_cert_chain(f"/proc/self/fd/{held}")
    finally:
        os.close(held)
