"""The examples that the Chinese standards print, and the openssl command line, against what the vault
uses."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding, aes_key_wrap_with_padding

from vault.ciphers import CIPHER_KEY_BYTES, aead, derivation
from vault.sm2 import Gmssl, Sm2, sm2
from vault.suite import Suite

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
CONTENT = os.urandom(1000)
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
both_suites = pytest.mark.parametrize("suite", Suite)


def _sm3(content: bytes) -> str:
    digest = Hash(SM3())
    digest.update(content)
    return digest.finalize().hex()


def test_sm3_agrees_with_the_standards_examples() -> None:
    """GB/T 32905-2016, appendix A."""
    assert _sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert _sm3(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm4_agrees_with_the_standards_examples() -> None:
    """GB/T 32907-2016, appendix A: one block once, and a million times over."""
    encrypt = Cipher(SM4(KEY), ECB()).encryptor().update
    assert encrypt(KEY).hex() == "681edf34d206965e86b3e94f536e4246"
    block = KEY
    for _ in range(1_000_000):
        block = encrypt(block)
    assert block.hex() == "595298c7c6fd271f0402f804c33d3f66"


@pytest.mark.parametrize("library", [sm2(), Gmssl()], ids=type)
def test_sm2_verifies_the_standards_signature(library: Sm2) -> None:
    """GB/T 32918.5-2017, appendix A.2."""
    public = bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = bytes.fromhex(
        "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    private = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
    assert library.verify(public, b"message digest", signature)
    assert not library.verify(public, b"message digesT", signature)
    assert library.verify(public, CONTENT, library.sign(private, public, CONTENT))


# --- the openssl command line, in both directions ---


@needs_openssl
def test_openssl_agrees_on_sm3_and_its_hmac(tmp_path: Path) -> None:
    assert _openssl("dgst", "-sm3", "-binary", content=CONTENT).hex() == _sm3(CONTENT)
    mac = HMAC(KEY, SM3())
    mac.update(CONTENT)
    keyed = _openssl(
        "dgst", "-sm3", "-mac", "HMAC", "-macopt", f"hexkey:{KEY.hex()}", "-binary", content=CONTENT
    )
    assert keyed == mac.finalize()


@needs_openssl
@both_suites
def test_openssl_derives_the_same_keys(suite: Suite) -> None:
    key, info = os.urandom(32), os.urandom(150)
    size, digest = CIPHER_KEY_BYTES[suite], {Suite.INTL: "SHA256", Suite.GM: "SM3"}[suite]
    options = {"digest": digest, "mode": "EXPAND_ONLY", "hexkey": key.hex(), "hexinfo": info.hex()}
    flags = [part for name, value in options.items() for part in ("-kdfopt", f"{name}:{value}")]
    told = _openssl("kdf", "-keylen", str(size + 32), *flags, "-binary", "HKDF")
    cipher, commitment = derivation(suite, key)[1](info)
    assert told[size:] == commitment
    assert (
        aead(suite, told[:size]).decrypt(bytes(12), cipher.encrypt(bytes(12), CONTENT, info), info) == CONTENT
    )


@needs_openssl
@both_suites
def test_openssl_reads_our_ciphertext_and_we_read_its(suite: Suite) -> None:
    """GCM is counter mode from 2 on (NIST SP 800-38D §7.1), which the command has for both; it has no GCM."""
    nonce, key = os.urandom(12), os.urandom(CIPHER_KEY_BYTES[suite])
    mode = {Suite.INTL: "-aes-256-ctr", Suite.GM: "-sm4-ctr"}[suite]
    options = ["enc", mode, "-K", key.hex(), "-iv", (nonce + b"\0\0\0\2").hex()]
    sealed = aead(suite, key).encrypt(nonce, CONTENT, b"")
    assert _openssl(*options, "-d", content=sealed[:-16]) == CONTENT
    theirs = _openssl(*options, content=CONTENT)
    assert aead(suite, key).decrypt(nonce, theirs + sealed[-16:], b"") == CONTENT


@needs_openssl
def test_openssl_agrees_on_the_tag_of_aes_gcm() -> None:
    key, nonce = os.urandom(32), os.urandom(12)
    options = ["-cipher", "AES-256-GCM", "-macopt", f"hexkey:{key.hex()}", "-macopt", f"hexiv:{nonce.hex()}"]
    tag = _openssl("mac", *options, "-binary", "GMAC", content=CONTENT)
    assert aead(Suite.INTL, key).encrypt(nonce, b"", CONTENT) == tag


@needs_openssl
def test_openssl_unwraps_our_keys_and_we_unwrap_its() -> None:
    """AES-KWP (RFC 5649), as the root key file uses it."""
    kek, key = os.urandom(32), os.urandom(32)
    options = ["enc", "-id-aes256-wrap-pad", "-K", kek.hex(), "-iv", "a65959a6"]
    assert _openssl(*options, "-d", content=aes_key_wrap_with_padding(kek, key)) == key
    assert aes_key_unwrap_with_padding(kek, _openssl(*options, content=key)) == key


def _openssl(*arguments: str, content: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=content, check=True, capture_output=True).stdout
