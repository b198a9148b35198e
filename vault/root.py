"""The root key: a file of its own, made on first use, readable by its owner only.

With ``TAXLINK_ROOT_PASSPHRASE`` set, the key in the file is sealed under scrypt(passphrase); without it, the
file itself is the secret.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from schema.errors import RootKeyUnavailable

PASSPHRASE_VARIABLE = "TAXLINK_ROOT_PASSPHRASE"
_FORMAT = "taxlink root key 1"
_COST = {"n": 2**16, "r": 8, "p": 1}
_LARGEST_N = 2**20


class RootKey:
    """Wraps the tenant keys and nothing else."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """A key sealed for its place: nonce (12) ‖ ciphertext ‖ tag (16)."""
        return wrap(self._cipher, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key. Raises ``RootKeyUnavailable`` when this is not the root that wrapped it."""
        try:
            return unwrap(self._cipher, wrapped, context)
        except InvalidTag:
            raise RootKeyUnavailable("the root key file is not the one this vault was made with") from None

    def __repr__(self) -> str:
        return "RootKey()"


def wrap(cipher: AESGCM, key: bytes, context: bytes) -> bytes:
    """A key sealed for its place: nonce (12) ‖ ciphertext ‖ tag (16)."""
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(nonce, key, context)


def unwrap(cipher: AESGCM, wrapped: bytes, context: bytes) -> bytes:
    """The key of ``wrap``. Raises ``InvalidTag``."""
    return cipher.decrypt(wrapped[:12], wrapped[12:], context)


def load(path: Path) -> RootKey:
    """The root key of a file.

    Raises ``RootKeyUnavailable``: absent, open to others, damaged, or a wrong passphrase.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise RootKeyUnavailable("the root key file is open to other users; its mode must be 0600")
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            raise RootKeyUnavailable("unknown format of the root key file")
        return RootKey(_opened(document, os.environ.get(PASSPHRASE_VARIABLE, "")))
    except OSError as error:
        raise RootKeyUnavailable(f"the root key file cannot be read ({type(error).__name__})") from None
    except (ValueError, KeyError, TypeError):
        raise RootKeyUnavailable("the root key file is damaged") from None


def create(path: Path) -> RootKey:
    """The root key of a new file. When another process makes the file first, its key is the one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = _sealed(os.urandom(32), os.environ.get(PASSPHRASE_VARIABLE, ""))
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whole or not at all, and never over an existing key
        except FileExistsError:
            return load(path)
    except OSError as error:
        raise RootKeyUnavailable(f"the root key file cannot be made ({type(error).__name__})") from None
    finally:
        os.unlink(draft)
    return load(path)


def _sealed(key: bytes, passphrase: str) -> dict[str, object]:
    if not passphrase:
        return {"format": _FORMAT, "kdf": "none", "key": _text(key)}
    salt = os.urandom(32)
    wrapped = wrap(AESGCM(_stretched(passphrase, salt, _COST)), key, _FORMAT.encode())
    return {"format": _FORMAT, "kdf": "scrypt", "salt": _text(salt), "cost": _COST, "key": _text(wrapped)}


def _opened(document: dict[str, object], passphrase: str) -> bytes:
    held = base64.b64decode(str(document["key"]), validate=True)
    if document["kdf"] == "none":
        if passphrase:
            raise RootKeyUnavailable("a passphrase is set, but the root key file is not protected by one")
        return held
    if not passphrase:
        raise RootKeyUnavailable(f"the root key file needs a passphrase in {PASSPHRASE_VARIABLE}")
    cost = document["cost"]
    if not isinstance(cost, dict) or not 2 <= int(cost["n"]) <= _LARGEST_N:
        raise ValueError
    salt = base64.b64decode(str(document["salt"]), validate=True)
    try:
        return unwrap(AESGCM(_stretched(passphrase, salt, cost)), held, _FORMAT.encode())
    except InvalidTag:
        raise RootKeyUnavailable("the passphrase does not open the root key file") from None


def _stretched(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost["n"], r=cost["r"], p=cost["p"]).derive(passphrase.encode())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
