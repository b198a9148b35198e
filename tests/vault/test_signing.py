"""What the bank's signatures promise, checked with the openssl command line as well."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from vault.signing import new_private_key, signer, verify
from vault.suite import Suite
from vault.vault import Vault, VaultSettings

CONTENT = "本人授权示例银行".encode()
OPTIONS = {
    Suite.INTL: ["-digest", "sha256"],
    Suite.GM: ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"],
}
both_suites = pytest.mark.parametrize("suite", Suite)
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")


@both_suites
def test_what_is_signed_verifies_and_nothing_else_does(suite: Suite) -> None:
    mine, stranger = (signer(suite, new_private_key(suite)) for _ in range(2))
    signature = mine.sign(CONTENT)
    assert verify(mine.public_key, CONTENT, signature)
    assert not verify(mine.public_key, CONTENT + b" ", signature)
    assert not verify(stranger.public_key, CONTENT, signature)
    for damaged in (b"", signature[:-1], signature + b"\0", bytes(70)):
        assert not verify(mine.public_key, CONTENT, damaged)


@both_suites
def test_a_damaged_or_foreign_public_key_verifies_nothing(suite: Suite) -> None:
    mine = signer(suite, new_private_key(suite))
    signature = mine.sign(CONTENT)
    other = next(one for one in Suite if one is not suite)
    wrong = ["", "no key", mine.public_key[:-40], signer(other, new_private_key(other)).public_key]
    for public_key in wrong:
        assert not verify(public_key, CONTENT, signature)


@both_suites
def test_the_vault_keeps_one_key_pair_a_purpose(suite: Suite, tmp_path: Path) -> None:
    places = VaultSettings.in_folder(tmp_path)
    settings = VaultSettings(places.root_key_path, places.keys_url, places.records_url, suite=suite)
    vault = Vault.open(settings)
    consent, log = vault.signer("consent"), vault.signer("audit")
    assert consent.suite is suite
    assert consent.public_key != log.public_key
    vault.close()
    again = Vault.open(settings)
    assert again.signer("consent").public_key == consent.public_key
    assert verify(consent.public_key, CONTENT, again.signer("consent").sign(CONTENT))
    again.close()


@needs_openssl
@both_suites
def test_openssl_verifies_what_we_sign(suite: Suite, tmp_path: Path) -> None:
    mine = signer(suite, new_private_key(suite))
    _write(tmp_path, public=mine.public_key.encode(), content=CONTENT, signature=mine.sign(CONTENT))
    verdict = _openssl(
        *("-verify", "-rawin", "-pubin", "-inkey", tmp_path / "public", "-in", tmp_path / "content"),
        *("-sigfile", tmp_path / "signature", *OPTIONS[suite]),
    )
    assert b"Signature Verified Successfully" in verdict


@needs_openssl
@both_suites
def test_we_verify_what_openssl_signs(suite: Suite, tmp_path: Path) -> None:
    curve = {Suite.INTL: "P-256", Suite.GM: "SM2"}[suite]
    key, content = tmp_path / "key", tmp_path / "content"
    content.write_bytes(CONTENT)
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", key],
        check=True,
        capture_output=True,
    )
    signature = _openssl("-sign", "-rawin", "-inkey", key, "-in", content, *OPTIONS[suite])
    public = subprocess.run(
        ["openssl", "pkey", "-in", key, "-pubout"], check=True, capture_output=True, text=True
    ).stdout
    assert verify(public, CONTENT, signature)
    assert not verify(public, CONTENT + b" ", signature)


def _write(folder: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _openssl(*arguments: object) -> bytes:
    command = ["openssl", "pkeyutl", *(str(each) for each in arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout
