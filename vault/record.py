"""The sealed record: one message under one key, bound to its place, committed to its key. Pure, no I/O.

Layout: suite (1) ‖ salt (32) ‖ commitment (32) ‖ ciphertext ‖ tag (16).

* HKDF-Expand(class key, info = context) gives ``k_enc ‖ k_commit``. The context holds the salt, which is
  random, so every record has a key of its own and the GCM nonce can be constant.
* ``k_commit`` (32 bytes) is stored as the commitment and compared in constant time before anything is
  decrypted, since neither AES-GCM nor SM4-GCM commits to its key.
* The context is length-prefixed header ‖ tenant ‖ owner ‖ class ‖ kind ‖ id ‖ revision; it is the HKDF's info
  and the cipher's associated data, so a record opens in its own place only.
* The suite stands in the header and in the context. A key opens records of its own suite and no other.
"""

from __future__ import annotations

import os
from functools import lru_cache
from hmac import compare_digest

from cryptography.exceptions import InvalidTag

from schema.errors import SealBroken
from vault.ciphers import NONCE_BYTES, TAG_BYTES, Aead, Bytes, derivation
from vault.reference import Reference
from vault.suite import Suite

HEAD_BYTES = 65
"""Suite, salt and commitment."""
SALT_BYTES = 32

_HEADER_BYTES = 1 + SALT_BYTES
_HEADER_LENGTH = _HEADER_BYTES.to_bytes(4, "big")
_SUITES = {Suite.INTL: b"\x01", Suite.GM: b"\x02"}
_NONCE = bytes(NONCE_BYTES)
_SMALL_BYTES = 1 << 14
"""Below it, copying a content costs less than taking a view of it."""


def prefixed(*fields: bytes) -> bytes:
    """Each field after its length (4 bytes, big-endian): two different lists never give the same bytes."""
    return b"".join([part for field in fields for part in (len(field).to_bytes(4, "big"), field)])


class RecordKey:
    """A class key at work. It holds the key's state in the library, so it is kept no longer than its use."""

    def __init__(self, suite: Suite, key: Bytes, form: int = 0) -> None:
        """``form`` sets a bit of the suite's byte: 0x80 says that chunks follow."""
        self._mark = bytes([_SUITES[suite][0] | form])
        self._first, self._derived = derivation(suite, key)

    def seal(self, tenant: str, reference: Reference, content: Bytes) -> bytes | bytearray:
        """Seal ``content`` for exactly this tenant and reference."""
        cipher, context, head = self.fresh(tenant, reference)
        if len(content) < _SMALL_BYTES:
            return head + cipher.encrypt(_NONCE, content, context)
        sealed = bytearray(HEAD_BYTES + len(content) + TAG_BYTES)
        sealed[:HEAD_BYTES] = head
        cipher.encrypt_into(_NONCE, content, context, memoryview(sealed)[HEAD_BYTES:])
        return sealed

    def unseal(self, tenant: str, reference: Reference, sealed: bytes | bytearray) -> bytes:
        """The content of a record.

        Raises ``SealBroken`` for anything but the record sealed at this place under this key.
        """
        cipher, context = self.opened(tenant, reference, sealed[:HEAD_BYTES])
        body = sealed if len(sealed) < _SMALL_BYTES else memoryview(sealed)
        try:
            return cipher.decrypt(_NONCE, body[HEAD_BYTES:], context)
        except InvalidTag:
            raise SealBroken("the record was altered") from None

    def fresh(self, tenant: str, reference: Reference) -> tuple[Aead, bytes, bytes]:
        """A cipher of its own for one record, its context, and the head that ``opened`` takes."""
        header = self._mark + os.urandom(SALT_BYTES)
        context = _context(header, tenant, reference)
        cipher, commitment = self._derived(context)
        return cipher, context, header + commitment

    def opened(self, tenant: str, reference: Reference, head: bytes | bytearray) -> tuple[Aead, bytes]:
        """The cipher and the context of a record that is committed to this key and place.

        Raises ``SealBroken``.
        """
        if len(head) != HEAD_BYTES or head[:1] != self._mark:
            raise SealBroken("truncated record, or another suite than this vault's")
        context = _context(bytes(head[:_HEADER_BYTES]), tenant, reference)
        cipher, commitment = self._derived(context)
        if not compare_digest(commitment, head[_HEADER_BYTES:]):
            raise SealBroken("the record is not committed to this key and place")
        return cipher, context

    def fingerprint(self, tenant: str, owner: str, content: bytes) -> bytes:
        """32 bytes that this key alone makes of this content."""
        return self._first(prefixed(b"fingerprint", tenant.encode(), owner.encode(), content))


def _context(header: bytes, tenant: str, reference: Reference) -> bytes:
    id_ = reference.id.encode()
    where = _where(tenant, reference.owner, reference.key_class, reference.kind)
    return b"".join(
        (_HEADER_LENGTH, header, where, len(id_).to_bytes(4, "big"), id_, _revision(reference.revision))
    )


@lru_cache(maxsize=256)
def _where(tenant: str, owner: str, key_class: str, kind: str) -> bytes:
    return prefixed(tenant.encode(), owner.encode(), key_class.encode(), kind.encode())


@lru_cache(maxsize=256)
def _revision(number: int) -> bytes:
    return prefixed(str(number).encode())
