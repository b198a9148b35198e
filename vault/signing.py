"""Signatures of the bank: over consents, receipts, the log, proofs of destruction.

ECDSA P-256 with SHA-256 (FIPS 186-5) in the suite ``intl``; SM2 with SM3 (GB/T 32918.2) in ``gm``. A
signature is DER, a public key is PEM (SubjectPublicKeyInfo, RFC 5480), so that ``openssl pkeyutl -verify``
checks either.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from gmssl_pyx import sm2_key_generate

from vault.sm2 import PUBLIC_PREFIX, sm2
from vault.suite import Suite

_SCALAR_BYTES = 32
_BEGIN, _END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
_ECDSA = ec.ECDSA(SHA256())


class Signer(Protocol):
    """One key pair of the bank."""

    @property
    def suite(self) -> Suite: ...

    @property
    def public_key(self) -> str:
        """PEM; whoever holds it can ``verify``."""
        ...

    def sign(self, content: bytes) -> bytes:
        """A DER signature of ``content``, which is hashed here."""
        ...


class P256Signer:
    """ECDSA over P-256."""

    suite = Suite.INTL

    def __init__(self, private: bytes) -> None:
        self._key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = _pem(der)

    def sign(self, content: bytes) -> bytes:
        return self._key.sign(content, _ECDSA)


class Sm2Signer:
    """SM2 over SM3."""

    suite = Suite.GM

    def __init__(self, private: bytes) -> None:
        self._private, self._public = private[:_SCALAR_BYTES], private[_SCALAR_BYTES:]
        self.public_key = _pem(PUBLIC_PREFIX + self._public)

    def sign(self, content: bytes) -> bytes:
        return sm2().sign(self._private, self._public, content)


def new_private_key(suite: Suite) -> bytes:
    """What ``signer`` takes: the 32-byte scalar; in ``gm`` the public point (64 bytes) follows it."""
    if suite is Suite.GM:
        public, private = sm2_key_generate()
        return bytes(private + public)
    scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return scalar.to_bytes(_SCALAR_BYTES, "big")


def signer(suite: Suite, private: bytes) -> Signer:
    """The signer of a key that ``new_private_key`` made for this suite."""
    return Sm2Signer(private) if suite is Suite.GM else P256Signer(private)


def verify(public_key: str, content: bytes, signature: bytes) -> bool:
    """Whether the holder of this (trusted) public key signed exactly this.

    The key says the algorithm; a key that is none of either, or damaged, verifies nothing.
    """
    try:
        der = _der(public_key)
        if der.startswith(PUBLIC_PREFIX):
            return sm2().verify(der[len(PUBLIC_PREFIX) :], content, signature)
        _p256(der).verify(signature, content, _ECDSA)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _p256(der: bytes) -> ec.EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("no key of P-256")
    return key


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def _der(pem: str) -> bytes:
    begin, *lines, end = pem.strip().splitlines()
    if (begin, end) != (_BEGIN, _END):
        raise ValueError("no public key in PEM")
    return base64.b64decode("".join(lines), validate=True)
