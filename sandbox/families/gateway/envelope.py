"""Envelopes of the gateway: signed with SM2 (id 1234567812345678), bodies encrypted with SM4-GCM.

The portal's half of the protocol, written apart from the connector's on purpose: each proves the other.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gmssl_pyx import sm2_key_generate, sm2_sign, sm2_verify

from sandbox.families.gateway.problems import Problem

SIGNER = b"1234567812345678"
_IV, _TAG = 12, 16


def canonical(fields: Mapping[str, str]) -> bytes:
    """What is signed: every field but ``sign``, by name, as ``name=value`` joined with ``&``."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign").encode()


@dataclass(frozen=True)
class App:
    """A registered bank: its SM2 public key, its SM4 key, and the portal's own SM2 key pair."""

    app_id: str
    public: bytes
    sm4: bytes = field(repr=False)
    portal_public: bytes
    portal_private: bytes = field(repr=False)
    issued_private: bytes = field(repr=False)
    """The bank's own private key. Only a sandbox hands it out."""

    @classmethod
    def registered(cls) -> App:
        """A fresh registration."""
        public, private = sm2_key_generate()
        portal_public, portal_private = sm2_key_generate()
        return cls("SHAHE-BANK-01", public, os.urandom(16), portal_public, portal_private, private)

    def client_keys(self) -> dict[str, str]:
        return {
            "app_id": self.app_id,
            "app_private": self.issued_private.hex(),
            "app_public": self.public.hex(),
            "portal_public": self.portal_public.hex(),
            "sm4": self.sm4.hex(),
        }

    def verified(self, fields: Mapping[str, str]) -> None:
        """Raises ``Problem`` 40101."""
        try:
            good = sm2_verify(self.public, canonical(fields), base64.b64decode(fields["sign"]), SIGNER)
        except (ValueError, binascii.Error):
            good = False
        if not good:
            raise Problem("40101")

    def opened(self, sealed: str, bound: bytes) -> bytes:
        """The clear body. Raises ``Problem`` 40105."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            mode = modes.GCM(raw[:_IV], raw[-_TAG:])
            decryptor = Cipher(algorithms.SM4(self.sm4), mode).decryptor()
            decryptor.authenticate_additional_data(bound)
            return decryptor.update(raw[_IV:-_TAG]) + decryptor.finalize()
        except (InvalidTag, ValueError, binascii.Error):
            raise Problem("40105") from None

    def sealed(self, clear: bytes, bound: bytes) -> str:
        iv = os.urandom(_IV)
        encryptor = Cipher(algorithms.SM4(self.sm4), modes.GCM(iv)).encryptor()
        encryptor.authenticate_additional_data(bound)
        secret = encryptor.update(clear) + encryptor.finalize()
        return base64.b64encode(iv + secret + encryptor.tag).decode()

    def answer(
        self, code: str, message: str, request: Mapping[str, str], timestamp: str, body: bytes
    ) -> bytes:
        """The signed envelope of an answer, bound to the request by its ``requestId``."""
        fields = {
            "appId": self.app_id,
            "method": request.get("method", ""),
            "requestId": request.get("requestId", ""),
            "timestamp": timestamp,
            "code": code,
            "message": message,
        }
        fields["body"] = self.sealed(body, bound(fields, "answer"))
        signature = sm2_sign(self.portal_private, self.portal_public, canonical(fields), SIGNER)
        fields["sign"] = base64.b64encode(signature).decode()
        return orjson.dumps(fields)


def bound(fields: Mapping[str, str], direction: str) -> bytes:
    """The associated data of a body: it opens only in its own envelope, as ``request`` or ``answer``."""
    return "|".join((fields["appId"], fields["method"], fields["requestId"], direction)).encode()
