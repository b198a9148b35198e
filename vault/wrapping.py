"""A key sealed under another key, bound to its place: nonce (12) ‖ ciphertext ‖ tag (16).

Not AES-KWP (RFC 5649), although the root key file uses that: it takes no associated data, and a wrapped key
must open in its own place only. Not committing: a wrapped key that opened under two keys would give two
class keys, and every record is committed to one.
"""

from __future__ import annotations

import os

from vault.ciphers import CIPHER_KEY_BYTES, NONCE_BYTES, TAG_BYTES, Bytes, aead
from vault.suite import Suite

OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES


class Wrapper:
    """A key that wraps keys, inside the library. 2³² wraps a key are the bound of its random nonces."""

    def __init__(self, suite: Suite, key: Bytes) -> None:
        self._aead = aead(suite, memoryview(key)[: CIPHER_KEY_BYTES[suite]])

    def wrap(self, key: Bytes, context: bytes) -> bytes:
        """``key`` sealed for its place."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, key, context)

    def unwrap(self, wrapped: Bytes, context: bytes) -> bytearray:
        """The key, in memory that the caller may overwrite. Raises ``InvalidTag``."""
        key = bytearray(max(len(wrapped) - OVERHEAD_BYTES, 0))
        self._aead.decrypt_into(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context, key)
        return key

    def __repr__(self) -> str:
        return "Wrapper()"


def wipe(key: bytearray) -> None:
    """Overwrite a key that is done with."""
    key[:] = bytes(len(key))
