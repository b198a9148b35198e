"""What a sealed record promises, in both suites."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256, SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import SealBroken
from vault.ciphers import CIPHER_KEY_BYTES, aead
from vault.record import HEAD_BYTES, RecordKey, prefixed
from vault.reference import KeyClass, Reference
from vault.suite import Suite

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
HERE = Reference(KeyClass.DATA, "consent_1", "raw.invoice", "7", 1)
CONTENT = b"a payload of some length"
BLOCK_CIPHERS = {Suite.INTL: AES, Suite.GM: SM4}
HASHES = {Suite.INTL: SHA256(), Suite.GM: SM3()}
MARKS = {Suite.INTL: b"\x01", Suite.GM: b"\x02"}

both_suites = pytest.mark.parametrize("key", [RecordKey(suite, KEY) for suite in Suite], ids=list(Suite))


@both_suites
@settings(deadline=None)
@given(st.binary(max_size=20_000))
def test_sealed_content_opens_again(key: RecordKey, content: bytes) -> None:
    sealed = key.seal("bank", HERE, content)
    assert key.unseal("bank", HERE, bytes(sealed)) == content


@both_suites
def test_a_large_content_opens_again(key: RecordKey) -> None:
    content = os.urandom(1 << 20)
    assert key.unseal("bank", HERE, key.seal("bank", HERE, content)) == content


@both_suites
def test_equal_contents_never_look_alike(key: RecordKey) -> None:
    assert key.seal("bank", HERE, CONTENT) != key.seal("bank", HERE, CONTENT)


@both_suites
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
def test_a_record_opens_in_its_own_place_only(key: RecordKey, elsewhere: Reference) -> None:
    sealed = key.seal("bank", HERE, CONTENT)
    with pytest.raises(SealBroken):
        key.unseal("bank", elsewhere, sealed)


@pytest.mark.parametrize("suite", Suite)
def test_a_record_of_another_tenant_or_key_is_refused(suite: Suite) -> None:
    sealed = RecordKey(suite, KEY).seal("bank", HERE, CONTENT)
    with pytest.raises(SealBroken):
        RecordKey(suite, KEY).unseal("other bank", HERE, sealed)
    with pytest.raises(SealBroken):
        RecordKey(suite, OTHER_KEY).unseal("bank", HERE, sealed)


@both_suites
def test_every_flipped_byte_is_noticed(key: RecordKey) -> None:
    """Suite, salt, commitment, ciphertext and tag alike."""
    sealed = key.seal("bank", HERE, CONTENT)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(SealBroken):
            key.unseal("bank", HERE, altered)


@pytest.mark.parametrize("suite", Suite)
def test_a_record_of_one_suite_opens_under_no_other(suite: Suite) -> None:
    """Neither as it is nor with the other suite's mark: nothing falls back."""
    other = next(each for each in Suite if each is not suite)
    sealed = RecordKey(suite, KEY).seal("bank", HERE, CONTENT)
    for attempt in (sealed, MARKS[other] + sealed[1:]):
        with pytest.raises(SealBroken):
            RecordKey(other, KEY).unseal("bank", HERE, attempt)
    with pytest.raises(SealBroken):
        RecordKey(suite, KEY).unseal("bank", HERE, MARKS[other] + sealed[1:])


@both_suites
def test_every_truncation_and_extension_is_noticed(key: RecordKey) -> None:
    sealed = key.seal("bank", HERE, CONTENT)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            key.unseal("bank", HERE, sealed[:length])
    with pytest.raises(SealBroken):
        key.unseal("bank", HERE, sealed + b"\0")


@both_suites
def test_halves_of_two_records_make_no_third(key: RecordKey) -> None:
    first, second = (key.seal("bank", HERE, CONTENT) for _ in range(2))
    for border in (17, 33, HEAD_BYTES, len(first) - 16):
        with pytest.raises(SealBroken):
            key.unseal("bank", HERE, first[:border] + second[border:])


@pytest.mark.parametrize("suite", Suite)
def test_a_ciphertext_made_to_open_under_two_keys_is_refused(suite: Suite) -> None:
    """The cipher opens it under both; the record opens under the one it is committed to."""
    header = MARKS[suite] + os.urandom(32)
    names = ("bank", HERE.owner, HERE.key_class, HERE.kind, HERE.id, str(HERE.revision))
    context = prefixed(header, *(name.encode() for name in names))
    size = CIPHER_KEY_BYTES[suite]
    derived = [HKDFExpand(HASHES[suite], size + 32, context).derive(key) for key in (KEY, OTHER_KEY)]
    body = _opens_under_both(BLOCK_CIPHERS[suite], derived[0][:size], derived[1][:size], context)
    opened = [aead(suite, keys[:size]).decrypt(bytes(12), body, context) for keys in derived]
    assert len(opened[0]) == len(opened[1]) == 16
    assert opened[0] != opened[1]

    for committed, own, other in ((derived[0], KEY, OTHER_KEY), (derived[1], OTHER_KEY, KEY)):
        forged = header + committed[size:] + body
        assert len(RecordKey(suite, own).unseal("bank", HERE, forged)) == 16
        with pytest.raises(SealBroken, match="committed"):
            RecordKey(suite, other).unseal("bank", HERE, forged)


# --- GHASH (NIST SP 800-38D), to solve for a block that gives both keys the same tag ---


def _opens_under_both(cipher: type[AES] | type[SM4], first: bytes, second: bytes, context: bytes) -> bytes:
    """One ciphertext block and its tag, valid under both keys with the nonce zero."""
    padded = context + bytes(-len(context) % 16)
    lengths = (len(context) * 8).to_bytes(8, "big") + (128).to_bytes(8, "big")
    known, factors = [], []
    for key in (first, second):
        h = _block(cipher, key, bytes(16))
        known.append(_ghash(h, padded + bytes(16) + lengths) ^ _block(cipher, key, bytes(15) + b"\x01"))
        factors.append(_times(h, h))
    block = _times(known[0] ^ known[1], _inverse(factors[0] ^ factors[1]))
    tag = known[0] ^ _times(block, factors[0])
    return block.to_bytes(16, "big") + tag.to_bytes(16, "big")


def _block(cipher: type[AES] | type[SM4], key: bytes, block: bytes) -> int:
    encryptor = Cipher(cipher(key), ECB()).encryptor()
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
