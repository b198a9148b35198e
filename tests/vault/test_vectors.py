"""The primitives, as the vault calls them, against Wycheproof's published vectors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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


def _cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads((FOLDER / name).read_text())
    return [(group, case) for group in document["testGroups"] for case in group["tests"]]
