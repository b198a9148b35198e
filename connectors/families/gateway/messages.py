"""Messages of the gateway: an envelope signed with SM2, a body encrypted with SM4-GCM. Pure: bytes in, bytes
out.

Envelope: ``appId, method, requestId, timestamp (yyyyMMddHHmmss, Beijing), nonce, body, sign``; an answer has
``code`` and ``message`` in place of ``nonce``. ``sign`` covers every other field as ``name=value`` by name,
joined with ``&``, under the signer id 1234567812345678. ``body`` is base64 of iv (12) ‖ ciphertext ‖ tag
(16), its associated data ``appId|method|requestId|request`` (or ``answer``), so that no body opens in another
envelope.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from schema.clock import BEIJING
from schema.errors import ContractChanged, DataCorrupt, RouteBroken, SignatureInvalid
from vault.sm2 import sm2

_IV, _TAG = 12, 16
_ANSWER = ("appId", "method", "requestId", "timestamp", "code", "message", "body", "sign")


@dataclass(frozen=True)
class Keys:
    """The bank's registration at a gateway."""

    app_id: str
    app_private: bytes = field(repr=False)
    app_public: bytes = field(repr=False)
    portal_public: bytes = field(repr=False)
    sm4: bytes = field(repr=False)

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Keys:
        """From ``app_id`` and hex ``app_private`` (32 bytes), ``app_public`` and ``portal_public`` (64, x ‖
        y), ``sm4`` (16).

        Raises ``RouteBroken`` for a missing key or one of the wrong length, naming the key alone.
        """
        sizes = {"app_private": 32, "app_public": 64, "portal_public": 64, "sm4": 16}
        raw: dict[str, bytes] = {}
        for name, size in sizes.items():
            try:
                raw[name] = bytes.fromhex(given[name])
            except (KeyError, ValueError):
                raw[name] = b""
            if len(raw[name]) != size:
                raise RouteBroken(f"the gateway's key {name} is missing or malformed")
        if not given.get("app_id"):
            raise RouteBroken("the gateway's app_id is missing")
        return cls(given["app_id"], **raw)


@dataclass(frozen=True)
class Answer:
    """A verified answer. ``code`` is ``"0"`` on success; ``body`` is the clear JSON."""

    code: str
    body: bytes = field(repr=False)


def request(keys: Keys, method: str, clear: bytes, now: datetime) -> tuple[str, bytes]:
    """(requestId, envelope): fresh id and nonce each time, so that a retry is a request of its own."""
    fields = {
        "appId": keys.app_id,
        "method": method,
        "requestId": uuid.uuid4().hex,
        "timestamp": f"{now.astimezone(BEIJING):%Y%m%d%H%M%S}",
        "nonce": secrets.token_hex(16),
    }
    fields["body"] = _sealed(keys.sm4, clear, _bound(fields, "request"))
    signature = sm2().sign(keys.app_private, keys.app_public, canonical(fields))
    fields["sign"] = base64.b64encode(signature).decode()
    return fields["requestId"], orjson.dumps(fields)


def answer(keys: Keys, request_id: str, content: bytes) -> Answer:
    """Parse, verify and decrypt the answer to the request.

    Raises ``DataCorrupt`` for what is no JSON or does not decrypt, ``ContractChanged`` for another envelope,
    ``SignatureInvalid`` for a signature that does not verify or an answer to another request.
    """
    try:
        fields = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"an answer of {len(content)} bytes is no JSON") from None
    if not isinstance(fields, dict) or any(not isinstance(fields.get(name), str) for name in _ANSWER):
        raise ContractChanged("an answer's envelope has other fields")
    if not _verified(keys.portal_public, fields):
        raise SignatureInvalid
    if fields["requestId"] != request_id or fields["appId"] != keys.app_id:
        raise SignatureInvalid("a signed answer belongs to another request")
    return Answer(fields["code"], _opened(keys.sm4, fields["body"], _bound(fields, "answer")))


def canonical(fields: Mapping[str, str]) -> bytes:
    """What is signed."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign").encode()


def _verified(public: bytes, fields: Mapping[str, str]) -> bool:
    try:
        signature = base64.b64decode(fields["sign"], validate=True)
    except (ValueError, binascii.Error):
        return False
    return sm2().verify(public, canonical(fields), signature)


def _sealed(key: bytes, clear: bytes, bound: bytes) -> str:
    iv = os.urandom(_IV)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(bound)
    secret = encryptor.update(clear) + encryptor.finalize()
    return base64.b64encode(iv + secret + encryptor.tag).decode()


def _opened(key: bytes, sealed: str, bound: bytes) -> bytes:
    try:
        raw = memoryview(base64.b64decode(sealed, validate=True))
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(bytes(raw[:_IV]), bytes(raw[-_TAG:]))).decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(raw[_IV:-_TAG]) + decryptor.finalize()
    except (InvalidTag, ValueError, binascii.Error):
        raise DataCorrupt("an answer's body does not decrypt") from None


def _bound(fields: Mapping[str, str], direction: str) -> bytes:
    return "|".join((fields["appId"], fields["method"], fields["requestId"], direction)).encode()
