"""SM2 signatures (GB/T 32918.2, over SM3) by OpenSSL's libcrypto 3, or by gmssl-pyx where there is none.

Libcrypto signs about eight times as fast and lets go of the interpreter meanwhile, which matters where
several pages are on their way. Either verifies what the other signed; signatures are DER.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import cache
from typing import Any, Protocol

from gmssl_pyx import InvalidValueError, sm2_key_generate, sm2_sign, sm2_verify

SIGNER = b"1234567812345678"
"""The id that Z is made with, set explicitly."""
_CURVE = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")  # ecPublicKey, sm2p256v1
PUBLIC_PREFIX = b"\x30\x59" + _CURVE + b"\x03\x42\x00\x04"
"""What comes before x ‖ y in the DER of a public key (RFC 5480)."""
_LONGEST = 80


class Sm2(Protocol):
    """``private`` is 32 bytes, ``public`` 64 (x ‖ y)."""

    def sign(self, private: bytes, public: bytes, content: bytes) -> bytes: ...

    def verify(self, public: bytes, content: bytes, signature: bytes) -> bool: ...


class Gmssl:
    """gmssl-pyx."""

    def sign(self, private: bytes, public: bytes, content: bytes) -> bytes:
        return bytes(sm2_sign(private, public, content, SIGNER))

    def verify(self, public: bytes, content: bytes, signature: bytes) -> bool:
        try:
            return bool(sm2_verify(public, content, signature, SIGNER))
        except (InvalidValueError, ValueError, TypeError):
            return False


class Libcrypto:
    """OpenSSL 3. Threads may share it. Raises ``OSError`` where SM2 is not to be had."""

    def __init__(self, path: str) -> None:
        self._c = ctypes.CDLL(path)
        for name, result, *arguments in _FUNCTIONS:
            function = getattr(self._c, name, None)
            if function is None:
                raise OSError(f"libcrypto has no {name}")
            function.restype, function.argtypes = result, arguments
        self._private = cache(self._decoded_private)
        self._public = cache(self._decoded_public)

    def sign(self, private: bytes, public: bytes, content: bytes) -> bytes:
        signature, length = ctypes.create_string_buffer(_LONGEST), ctypes.c_size_t(_LONGEST)
        with _Context(self._c, self._private(private, public)) as context:
            _must(self._c.EVP_DigestSignInit(context, None, self._c.EVP_sm3(), None, None))
            _must(self._c.EVP_DigestSign(context, signature, ctypes.byref(length), content, len(content)))
        return signature.raw[: length.value]

    def verify(self, public: bytes, content: bytes, signature: bytes) -> bool:
        try:
            key = self._public(public)
        except ValueError:  # no point of the curve
            return False
        with _Context(self._c, key) as context:
            _must(self._c.EVP_DigestVerifyInit(context, None, self._c.EVP_sm3(), None, None))
            done = self._c.EVP_DigestVerify(context, signature, len(signature), content, len(content))
        return bool(done == 1)

    def _decoded_private(self, private: bytes, public: bytes) -> int:
        """From PKCS #8 (RFC 5958) around an EC private key (RFC 5915)."""
        key = bytes.fromhex("306b0201010420") + private + bytes.fromhex("a144034200") + b"\x04" + public
        der = bytes.fromhex("308187020100") + _CURVE + bytes.fromhex("046d") + key
        return self._decoded(self._c.d2i_AutoPrivateKey, der)

    def _decoded_public(self, public: bytes) -> int:
        return self._decoded(self._c.d2i_PUBKEY, PUBLIC_PREFIX + public)

    def _decoded(self, decode: Any, der: bytes) -> int:
        place = ctypes.c_char_p(der)
        key = decode(None, ctypes.byref(place), len(der))
        self._c.ERR_clear_error()
        if not key:
            raise ValueError("no key of the SM2 curve")
        return int(key)


class _Context:
    """A digest context of one operation, the signer's id set on its key context."""

    def __init__(self, libcrypto: Any, key: int) -> None:
        self._c = libcrypto
        self._key_context = libcrypto.EVP_PKEY_CTX_new(key, None)
        self._context = libcrypto.EVP_MD_CTX_new()

    def __enter__(self) -> int:
        _must(self._c.EVP_PKEY_CTX_set1_id(self._key_context, SIGNER, len(SIGNER)))
        self._c.EVP_MD_CTX_set_pkey_ctx(self._context, self._key_context)
        return int(self._context)

    def __exit__(self, *_: object) -> None:
        self._c.EVP_MD_CTX_free(self._context)
        self._c.EVP_PKEY_CTX_free(self._key_context)
        # The interpreter's TLS shares this library: an error left behind would be taken for one of its own.
        self._c.ERR_clear_error()


def _must(result: int) -> None:
    if result != 1:
        raise ValueError("libcrypto refused")


_P, _S, _I = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
_B, _L = ctypes.c_char_p, ctypes.c_long
_FUNCTIONS: tuple[tuple[Any, ...], ...] = (
    ("d2i_AutoPrivateKey", _P, _P, ctypes.POINTER(_B), _L),
    ("d2i_PUBKEY", _P, _P, ctypes.POINTER(_B), _L),
    ("EVP_PKEY_CTX_new", _P, _P, _P),
    ("EVP_PKEY_CTX_free", None, _P),
    ("EVP_PKEY_CTX_set1_id", _I, _P, _B, _I),
    ("EVP_MD_CTX_new", _P),
    ("EVP_MD_CTX_free", None, _P),
    ("EVP_MD_CTX_set_pkey_ctx", None, _P, _P),
    ("EVP_sm3", _P),
    ("ERR_clear_error", None),
    ("EVP_DigestSignInit", _I, _P, _P, _P, _P, _P),
    ("EVP_DigestSign", _I, _P, _P, ctypes.POINTER(_S), _B, _S),
    ("EVP_DigestVerifyInit", _I, _P, _P, _P, _P, _P),
    ("EVP_DigestVerify", _I, _P, _B, _S, _B, _S),
)


@cache
def sm2() -> Sm2:
    """The library of this process: libcrypto where it is found and agrees with gmssl-pyx."""
    other = Gmssl()
    public, private = sm2_key_generate()
    try:
        found = Libcrypto(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        agreed = other.verify(public, SIGNER, found.sign(private, public, SIGNER)) and found.verify(
            public, SIGNER, other.sign(private, public, SIGNER)
        )
    except (OSError, ValueError):
        return other
    return found if agreed else other
