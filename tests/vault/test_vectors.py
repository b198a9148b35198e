"""The primitives, as the vault calls them, against Wycheproof's published vectors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SM3
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from vault.ciphers import Sm4Gcm, derivation
from vault.suite import Suite

FOLDER = Path(os.environ.get("TAXLINK_REAL_DATA", "")) / "vectors" / "wycheproof"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="TAXLINK_REAL_DATA names no folder with vectors"),
]


def test_aes_256_gcm_agrees_with_every_vector() -> None:
    tested = 0
    for group, case in _cases("aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        tested += 1
        key, nonce, aad, message, body = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct")
        )
        body += bytes.fromhex(case["tag"])
        if case["result"] == "valid":
            sealed = bytearray(len(body))
            AESGCM(key).encrypt_into(nonce, message, aad, sealed)
            assert sealed == body, case["tcId"]
            assert AESGCM(key).decrypt(nonce, memoryview(body), aad) == message, case["tcId"]
        else:
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(nonce, body, aad)
    assert tested > 50


def test_hkdf_sha256_agrees_with_every_vector() -> None:
    tested = 0
    for _, case in _cases("hkdf_sha256_test.json"):
        tested += 1
        salt, info, ikm = (bytes.fromhex(case[name]) for name in ("salt", "info", "ikm"))
        if case["result"] == "valid":
            derived = HKDF(SHA256(), case["size"], salt, info).derive(ikm)
            assert derived.hex() == case["okm"], case["tcId"]
        else:
            with pytest.raises(ValueError, match="large"):
                HKDF(SHA256(), case["size"], salt, info).derive(ikm)
    assert tested > 50


def test_what_records_derive_agrees_with_every_hkdf_vector() -> None:
    """Extract by the library, Expand by ours."""
    tested = 0
    for _, case in _cases("hkdf_sha256_test.json"):
        if case["result"] == "valid" and case["size"] >= 64:
            tested += 1
            salt, info, ikm, okm = (bytes.fromhex(case[name]) for name in ("salt", "info", "ikm", "okm"))
            first, derived = derivation(Suite.INTL, HKDF.extract(SHA256(), salt or None, ikm))
            cipher, commitment = derived(info)
            assert (first(info), commitment) == (okm[:32], okm[32:64]), case["tcId"]
            assert cipher.encrypt(bytes(12), b"", b"") == AESGCM(okm[:32]).encrypt(bytes(12), b"", b"")
    assert tested > 10


def test_sm4_gcm_agrees_with_every_vector() -> None:
    tested = 0
    for group, case in _cases("sm4_gcm_test.json"):
        if (group["ivSize"], group["tagSize"]) != (96, 128):
            continue
        tested += 1
        key, nonce, aad, message, body, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        if case["result"] == "valid":
            assert Sm4Gcm(key).encrypt(nonce, message, aad) == body + tag, case["tcId"]
            opened = bytearray(len(message))
            assert Sm4Gcm(key).decrypt_into(nonce, body + tag, aad, opened) == len(message)
            assert Sm4Gcm(key).decrypt(nonce, body + tag, aad) == opened == message, case["tcId"]
        else:
            with pytest.raises(InvalidTag):
                Sm4Gcm(key).decrypt(nonce, body + tag, aad)
    assert tested > 50


def test_hmac_sm3_agrees_with_every_vector() -> None:
    tested = 0
    for group, case in _cases("hmac_sm3_test.json"):
        tested += 1
        made = HMAC(bytes.fromhex(case["key"]), SM3())
        made.update(bytes.fromhex(case["msg"]))
        agrees = made.finalize()[: group["tagSize"] // 8] == bytes.fromhex(case["tag"])
        assert agrees == (case["result"] == "valid"), case["tcId"]
    assert tested > 150


def test_aes_kwp_agrees_with_every_vector() -> None:
    tested = 0
    for _, case in _cases("aes_kwp_test.json"):
        tested += 1
        key, message, wrapped = (bytes.fromhex(case[name]) for name in ("key", "msg", "ct"))
        if case["result"] == "invalid":
            with pytest.raises(InvalidUnwrap):
                aes_key_unwrap_with_padding(key, wrapped)
            continue
        assert aes_key_wrap_with_padding(key, message) == wrapped, case["tcId"]
        assert aes_key_unwrap_with_padding(key, wrapped) == message, case["tcId"]
    assert tested > 250


def _cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads((FOLDER / name).read_text())
    return [(group, case) for group in document["testGroups"] for case in group["tests"]]
