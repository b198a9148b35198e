"""Both SM2 libraries agree, and neither takes what was not signed."""

from __future__ import annotations

import ctypes.util

import pytest
from gmssl_pyx import sm2_key_generate

from vault.sm2 import Gmssl, Libcrypto, Sm2, sm2

CONTENT = "纳税人识别号=91440101MA5XXXXX1X".encode()


def _libraries() -> list[Sm2]:
    return [Gmssl(), Libcrypto(ctypes.util.find_library("crypto") or "libcrypto.so.3")]


@pytest.mark.parametrize("signer", _libraries(), ids=type)
@pytest.mark.parametrize("verifier", _libraries(), ids=type)
def test_what_one_library_signs_the_other_verifies(signer: Sm2, verifier: Sm2) -> None:
    public, private = sm2_key_generate()
    for size in (0, 1, 1000):
        content = CONTENT * size
        assert verifier.verify(public, content, signer.sign(private, public, content))


@pytest.mark.parametrize("library", _libraries(), ids=type)
def test_what_was_not_signed_so_is_refused(library: Sm2) -> None:
    public, private = sm2_key_generate()
    stranger, _ = sm2_key_generate()
    signature = library.sign(private, public, CONTENT)
    assert not library.verify(public, CONTENT + b" ", signature)
    assert not library.verify(stranger, CONTENT, signature)
    assert not library.verify(public, CONTENT, signature[:-1])
    assert not library.verify(public, CONTENT, b"")
    assert not library.verify(public, CONTENT, bytes(70))


@pytest.mark.parametrize("library", _libraries(), ids=type)
def test_two_signatures_of_the_same_content_differ(library: Sm2) -> None:
    public, private = sm2_key_generate()
    assert library.sign(private, public, CONTENT) != library.sign(private, public, CONTENT)


def test_a_point_that_is_on_no_curve_verifies_nothing() -> None:
    public, private = sm2_key_generate()
    signature = sm2().sign(private, public, CONTENT)
    assert not sm2().verify(bytes(63) + b"\x01", CONTENT, signature)
