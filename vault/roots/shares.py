"""Two of three persons open the root key file: Shamir's sharing as SLIP-39 words, with checksums of its
own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from schema.errors import RootKeyUnavailable
from vault.ciphers import KEY_BYTES
from vault.roots import keyfile, unsealed

NEEDED, GIVEN = 2, 3


def split(root_key_path: Path) -> list[str]:
    """Protect the file by a new secret and return its three shares, 33 English words each.

    They are nowhere else: each is for one person. Former shares, or a passphrase, open the file no more. The
    vault stays unsealed on this machine. Raises ``RootKeyUnavailable``.
    """
    secret = os.urandom(KEY_BYTES)
    shares = generate_mnemonics(1, [(NEEDED, GIVEN)], secret)[0]
    with keyfile.locked(root_key_path, fcntl.LOCK_EX), keyfile.load(root_key_path) as held:
        unsealed.keep(root_key_path, secret)
        held.protect_by_shares(secret)
        held.replace(root_key_path)
    return [str(share) for share in shares]


def unseal(root_key_path: Path, shares: Sequence[str]) -> None:
    """Open the file on this machine with the shares of two persons. Raises ``RootKeyUnavailable``."""
    try:
        secret = combine_mnemonics([" ".join(share.split()) for share in shares])
    except MnemonicError:
        raise RootKeyUnavailable("these are no two shares of one secret, or a word is mistyped") from None
    unsealed.keep(root_key_path, secret)
    try:
        with keyfile.locked(root_key_path, fcntl.LOCK_SH), keyfile.load(root_key_path):
            return
    except RootKeyUnavailable:
        unsealed.forget(root_key_path)
        raise
