"""What a sealed record promises."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import SealBroken
from vault import record
from vault.reference import KeyClass, Reference

KEY = bytes(range(32))
HERE = Reference(KeyClass.DATA, "consent_1", "raw.invoice", "7", 1)
CONTENT = b"a payload of some length"


@given(st.binary(max_size=5000))
def test_sealed_content_opens_again(content: bytes) -> None:
    sealed = record.seal(KEY, "bank", HERE, content)
    assert record.unseal(KEY, "bank", HERE, bytes(sealed)) == content


def test_equal_contents_never_look_alike() -> None:
    assert record.seal(KEY, "bank", HERE, CONTENT) != record.seal(KEY, "bank", HERE, CONTENT)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HERE, key_class=KeyClass.EVIDENCE),
        replace(HERE, owner="consent_2"),
        replace(HERE, kind="raw.taxpayer"),
        replace(HERE, id="8"),
        replace(HERE, revision=2),
        # The same characters with the borders between the fields elsewhere.
        replace(HERE, kind="raw.invoice7", id="1", revision=1),
    ],
    ids=["class", "owner", "kind", "id", "revision", "borders"],
)
def test_a_record_opens_in_its_own_place_only(elsewhere: Reference) -> None:
    sealed = record.seal(KEY, "bank", HERE, CONTENT)
    with pytest.raises(SealBroken):
        record.unseal(KEY, "bank", elsewhere, sealed)


def test_a_record_of_another_tenant_or_key_is_refused() -> None:
    sealed = record.seal(KEY, "bank", HERE, CONTENT)
    with pytest.raises(SealBroken):
        record.unseal(KEY, "other bank", HERE, sealed)
    with pytest.raises(SealBroken):
        record.unseal(bytes(32), "bank", HERE, sealed)


def test_every_flipped_byte_is_noticed() -> None:
    """Suite, salt, commitment, ciphertext and tag alike."""
    sealed = record.seal(KEY, "bank", HERE, CONTENT)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(SealBroken):
            record.unseal(KEY, "bank", HERE, altered)


def test_every_truncation_and_extension_is_noticed() -> None:
    sealed = record.seal(KEY, "bank", HERE, CONTENT)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            record.unseal(KEY, "bank", HERE, sealed[:length])
    with pytest.raises(SealBroken):
        record.unseal(KEY, "bank", HERE, sealed + b"\0")


def test_a_ciphertext_made_to_open_under_two_keys_is_refused() -> None:
    """AES-GCM opens it under both; the record opens under the one it is committed to."""
    other = os.urandom(32)
    header = record.SUITE_INTL + os.urandom(32)
    names = ("bank", HERE.owner, HERE.key_class, HERE.kind, HERE.id, str(HERE.revision))
    context = record.prefixed(header, *(name.encode() for name in names))
    derived = [HKDF(SHA256(), 64, header[1:], context).derive(key) for key in (KEY, other)]
    body = _opens_under_both(derived[0][:32], derived[1][:32], context)
    for keys in derived:
        assert len(AESGCM(keys[:32]).decrypt(bytes(12), body, context)) == 16

    forged = header + derived[0][32:] + body
    assert len(record.unseal(KEY, "bank", HERE, forged)) == 16
    with pytest.raises(SealBroken):
        record.unseal(other, "bank", HERE, forged)


# --- GHASH (NIST SP 800-38D), to solve for a block that gives both keys the same tag ---


def _opens_under_both(first: bytes, second: bytes, context: bytes) -> bytes:
    """One ciphertext block and its tag, valid under both keys with the nonce zero."""
    padded = context + bytes(-len(context) % 16)
    lengths = (len(context) * 8).to_bytes(8, "big") + (128).to_bytes(8, "big")
    known, factors = [], []
    for key in (first, second):
        h = _block(key, bytes(16))
        known.append(_ghash(h, padded + bytes(16) + lengths) ^ _block(key, bytes(15) + b"\x01"))
        factors.append(_times(h, h))
    block = _times(known[0] ^ known[1], _inverse(factors[0] ^ factors[1]))
    tag = known[0] ^ _times(block, factors[0])
    return block.to_bytes(16, "big") + tag.to_bytes(16, "big")


def _block(key: bytes, block: bytes) -> int:
    encryptor = Cipher(AES(key), ECB()).encryptor()
    return int.from_bytes(encryptor.update(block), "big")


def _ghash(h: int, content: bytes) -> int:
    total = 0
    for start in range(0, len(content), 16):
        total = _times(total ^ int.from_bytes(content[start : start + 16], "big"), h)
    return total


def _times(x: int, y: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        product ^= x * (y >> bit & 1)
        x = x >> 1 ^ 0xE1 << 120 if x & 1 else x >> 1
    return product


def _inverse(x: int) -> int:
    result, power = 1 << 127, x  # 1 << 127 is one
    for _ in range(127):
        power = _times(power, power)
        result = _times(result, power)
    return result
