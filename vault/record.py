"""The sealed record: one message under one key, bound to its place, committed to its key. Pure, no I/O.

Layout: suite (1) ‖ salt (32) ‖ commitment (32) ‖ ciphertext ‖ tag (16).

* HKDF(class key, salt, info = context) gives ``k_enc ‖ k_commit``, 32 bytes each. The salt is random, so
  every record has a key of its own and the GCM nonce can be constant: it is the number of the chunk, and a
  record is one chunk.
* ``k_commit`` is stored as the commitment and compared in constant time before anything is decrypted, since
  AES-GCM alone opens one ciphertext under two keys.
* The context is length-prefixed header ‖ tenant ‖ owner ‖ class ‖ kind ‖ id ‖ revision; it is the HKDF's info
  and the cipher's associated data, so a record opens in its own place only.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schema.errors import SealBroken
from vault.reference import Reference

KEY_BYTES = 32
SUITE_INTL = b"\x01"
"""AES-256-GCM with HKDF-SHA256. There is no fallback to another suite."""

_HEADER = slice(0, 33)
_HEADER_LENGTH = (33).to_bytes(4, "big")
_SALT = slice(1, 33)
_COMMITMENT = slice(33, 65)
_BODY = 65
_TAG_BYTES = 16
_FIRST_CHUNK = bytes(12)
_SHA256 = SHA256()


def prefixed(*fields: bytes) -> bytes:
    """Each field after its length (4 bytes, big-endian): two different lists never give the same bytes."""
    return b"".join(part for field in fields for part in (len(field).to_bytes(4, "big"), field))


def seal(key: bytes, tenant: str, reference: Reference, content: bytes) -> bytearray:
    """Seal ``content`` under a 32-byte class key for exactly this tenant and reference."""
    salt = os.urandom(32)
    header = SUITE_INTL + salt
    context = _context(header, tenant, reference)
    encryption_key, commitment = _derive(key, salt, context)
    sealed = bytearray(_BODY + len(content) + _TAG_BYTES)
    sealed[:_BODY] = header + commitment
    with memoryview(sealed) as view:
        AESGCM(encryption_key).encrypt_into(_FIRST_CHUNK, content, context, view[_BODY:])
    return sealed


def unseal(key: bytes, tenant: str, reference: Reference, sealed: bytes | bytearray) -> bytes:
    """The content of a record.

    Raises ``SealBroken`` for anything but the record sealed at this place under this key.
    """
    if len(sealed) < _BODY + _TAG_BYTES or sealed[:1] != SUITE_INTL:
        raise SealBroken("truncated record or unknown suite")
    context = _context(bytes(sealed[_HEADER]), tenant, reference)
    encryption_key, commitment = _derive(key, bytes(sealed[_SALT]), context)
    if not hmac.compare_digest(commitment, sealed[_COMMITMENT]):
        raise SealBroken("the record is not committed to this key and place")
    try:
        return AESGCM(encryption_key).decrypt(_FIRST_CHUNK, memoryview(sealed)[_BODY:], context)
    except InvalidTag:
        raise SealBroken("the record was altered") from None


def _derive(key: bytes, salt: bytes, context: bytes) -> tuple[bytes, bytes]:
    derived = HKDF(_SHA256, 64, salt, context).derive(key)
    return derived[:32], derived[32:]


def _context(header: bytes, tenant: str, reference: Reference) -> bytes:
    return _HEADER_LENGTH + header + _place(tenant, reference)


@lru_cache(maxsize=256)
def _place(tenant: str, reference: Reference) -> bytes:
    names = (
        tenant,
        reference.owner,
        reference.key_class,
        reference.kind,
        reference.id,
        str(reference.revision),
    )
    return prefixed(*(name.encode() for name in names))
