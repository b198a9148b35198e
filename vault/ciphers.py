"""The algorithms of each suite, as the library gives them: an authenticated cipher and HKDF-Expand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256, SM3, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from vault.suite import Suite

KEY_BYTES = 32
"""Of every key that is kept; a cipher's own may be shorter."""
CIPHER_KEY_BYTES = {Suite.INTL: 32, Suite.GM: 16}
NONCE_BYTES = 12
TAG_BYTES = 16
Bytes = bytes | bytearray | memoryview

_HASHES: dict[Suite, HashAlgorithm] = {Suite.INTL: SHA256(), Suite.GM: SM3()}


class Aead(Protocol):
    """GCM (NIST SP 800-38D): ``data`` ‖ a tag of 16 bytes. Opening raises ``InvalidTag``."""

    def encrypt(self, nonce: Bytes, data: Bytes, associated_data: Bytes) -> bytes: ...

    def encrypt_into(self, nonce: Bytes, data: Bytes, associated_data: Bytes, buf: Bytes) -> int: ...

    def decrypt(self, nonce: Bytes, data: Bytes, associated_data: Bytes) -> bytes: ...

    def decrypt_into(self, nonce: Bytes, data: Bytes, associated_data: Bytes, buf: Bytes) -> int: ...


Derived = tuple["Aead", bytes]


class Sm4Gcm:
    """SM4 (GB/T 32907) in GCM (RFC 8998), in the manner of ``AESGCM``."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = SM4(key)

    def encrypt(self, nonce: Bytes, data: Bytes, associated_data: Bytes) -> bytes:
        sealed = bytearray(len(data) + TAG_BYTES)
        self.encrypt_into(nonce, data, associated_data, sealed)
        return bytes(sealed)

    def encrypt_into(self, nonce: Bytes, data: Bytes, associated_data: Bytes, buf: Bytes) -> int:
        encryptor = Cipher(self._algorithm, GCM(bytes(nonce))).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        done = encryptor.update_into(data, buf)
        encryptor.finalize()
        memoryview(buf)[done:] = encryptor.tag
        return done + TAG_BYTES

    def decrypt(self, nonce: Bytes, data: Bytes, associated_data: Bytes) -> bytes:
        if len(data) < TAG_BYTES:
            raise InvalidTag
        with memoryview(data) as view:
            decryptor = Cipher(self._algorithm, GCM(bytes(nonce))).decryptor()
            decryptor.authenticate_additional_data(associated_data)
            content = decryptor.update(view[:-TAG_BYTES])
            decryptor.finalize_with_tag(bytes(view[-TAG_BYTES:]))
        return content

    def decrypt_into(self, nonce: Bytes, data: Bytes, associated_data: Bytes, buf: Bytes) -> int:
        content = self.decrypt(nonce, data, associated_data)
        memoryview(buf)[:] = content
        return len(content)


def derivation(suite: Suite, key: Bytes) -> tuple[Callable[[bytes], bytes], Callable[[bytes], Derived]]:
    """HKDF-Expand (RFC 5869 §2.3) of one key, in two forms: ``info`` in, the first 32 bytes out; or
    ``info`` in, ``k_enc ‖ k_commit`` out, the first already at work in a cipher: 32 (AES-256) or 16 bytes
    (SM4), and 32.

    The key is random, so that Extract is left out (§3.3). The keyed HMAC is made once and copied for each
    block: that halves what deriving costs.
    """
    keyed = HMAC(key, _HASHES[suite]).copy

    def first(info: bytes) -> bytes:
        block = keyed()
        block.update(info + b"\x01")
        return block.finalize()

    def derived(info: bytes) -> Derived:
        block, second = first(info), keyed()
        second.update(block + info + b"\x02")
        following = second.finalize()
        if suite is Suite.GM:
            return Sm4Gcm(block[:16]), block[16:] + following[:16]
        return AESGCM(block), following

    return first, derived


def aead(suite: Suite, key: Bytes) -> Aead:
    """The suite's cipher. ``key`` has ``CIPHER_KEY_BYTES`` of it, and may be overwritten afterwards."""
    return Sm4Gcm(bytes(key)) if suite is Suite.GM else AESGCM(key)
