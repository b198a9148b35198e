"""The file that a ``FileRoot`` reads: its keys, how they are protected, and how it is replaced."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from schema.errors import RootKeyUnavailable
from vault.ciphers import KEY_BYTES
from vault.roots import unsealed
from vault.wrapping import wipe

PASSPHRASE_VARIABLE = "TAXLINK_ROOT_PASSPHRASE"
_FORMAT = "taxlink root key 2"
_COST = {"n": 2**16, "r": 8, "p": 1}
_LARGEST_N = 2**20


class KeyFile:
    """Versions and their keys, in memory that is overwritten at the end of the ``with`` block."""

    def __init__(
        self, name: str, protection: dict[str, object], keys: dict[int, bytearray], kek: bytes
    ) -> None:
        self.name = name
        self.keys = keys
        self._protection = protection
        self._kek = kek

    @classmethod
    def fresh(cls) -> KeyFile:
        """One key, protected by the passphrase when one is set."""
        passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
        protection: dict[str, object] = {"kdf": "none"}
        if passphrase:
            protection = {"kdf": "scrypt", "salt": _text(os.urandom(32)), "cost": _COST}
        return cls(os.urandom(8).hex(), protection, {1: _random()}, _kek(protection, Path()))

    def add(self) -> int:
        """A new version, and its number."""
        newest = max(self.keys) + 1
        self.keys[newest] = _random()
        return newest

    def drop_before(self, version: int) -> None:
        """Forget what is older."""
        for old in [each for each in self.keys if each < version]:
            wipe(self.keys.pop(old))

    def protect_by_shares(self, secret: bytes) -> None:
        """From the next ``replace`` on, two of three persons open it."""
        self._protection, self._kek = {"kdf": "shares"}, secret

    def place(self, path: Path) -> None:
        """Write the file unless there is one. Raises ``RootKeyUnavailable``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._drafted(path)
        try:
            os.link(draft, path)  # whole or not at all, and never over an existing key
        except FileExistsError:
            return
        except OSError as error:
            raise _cannot_make(error) from None
        finally:
            os.unlink(draft)

    def replace(self, path: Path) -> None:
        """Put this in the place of the file, whole or not at all, and overwrite what the old one held.

        A file system that copies on write, and a disk that spreads its wear, keep old blocks all the same.
        """
        draft = self._drafted(path)
        try:
            with path.open("r+b") as old:
                os.replace(draft, path)
                _synced_folder(path)
                old.write(bytes(os.fstat(old.fileno()).st_size))
                old.flush()
                os.fsync(old.fileno())
        except OSError as error:
            raise _cannot_make(error) from None
        finally:
            Path(draft).unlink(missing_ok=True)

    def __enter__(self) -> KeyFile:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for key in self.keys.values():
            wipe(key)

    def __repr__(self) -> str:
        return "KeyFile()"

    def _drafted(self, path: Path) -> str:
        document = {
            "format": _FORMAT,
            "name": self.name,
            **self._protection,
            "keys": {str(version): _text(self._wrapped(key)) for version, key in self.keys.items()},
        }
        draft = ""
        try:
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(document, file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if draft:
                os.unlink(draft)
            raise _cannot_make(error) from None
        return draft

    def _wrapped(self, key: bytearray) -> bytes:
        return aes_key_wrap_with_padding(self._kek, bytes(key)) if self._kek else bytes(key)


@contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    """While the block runs nobody replaces the file: its former content is overwritten, readers or not."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise RootKeyUnavailable(f"the root key file cannot be read ({type(error).__name__})") from None
    try:
        fcntl.flock(folder, kind)
        yield
    finally:
        os.close(folder)


def load(path: Path) -> KeyFile:
    """Raises ``RootKeyUnavailable``: absent, open to others, damaged, or a wrong passphrase."""
    try:
        if path.stat().st_mode & 0o077:
            raise RootKeyUnavailable("the root key file is open to other users; its mode must be 0600")
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            raise RootKeyUnavailable("unknown format of the root key file")
        kek = _kek(document, path)
        keys = {int(version): _unwrapped(kek, text) for version, text in document["keys"].items()}
        if not keys:
            raise ValueError
    except OSError as error:
        raise RootKeyUnavailable(f"the root key file cannot be read ({type(error).__name__})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RootKeyUnavailable("the root key file is damaged") from None
    protection = {name: document[name] for name in ("kdf", "salt", "cost") if name in document}
    return KeyFile(str(document["name"]), protection, keys, kek)


def _kek(protection: dict[str, object], path: Path) -> bytes:
    """The key of the keys; empty when the file is not protected. Raises ``ValueError`` for what is
    damaged."""
    passphrase, kdf = os.environ.get(PASSPHRASE_VARIABLE, ""), protection["kdf"]
    if kdf == "shares":
        return unsealed.secret(path)
    if kdf == "none":
        if passphrase:
            raise RootKeyUnavailable("a passphrase is set, but the root key file is not protected by one")
        return b""
    if kdf != "scrypt":
        raise ValueError
    if not passphrase:
        raise RootKeyUnavailable(f"the root key file needs a passphrase in {PASSPHRASE_VARIABLE}")
    cost = protection["cost"]
    if not isinstance(cost, dict) or not 2 <= int(cost["n"]) <= _LARGEST_N:
        raise ValueError
    salt = base64.b64decode(str(protection["salt"]), validate=True)
    scrypt = Scrypt(salt=salt, length=KEY_BYTES, n=cost["n"], r=cost["r"], p=cost["p"])
    return scrypt.derive(passphrase.encode())


def _unwrapped(kek: bytes, text: str) -> bytearray:
    held = base64.b64decode(text, validate=True)
    try:
        key = bytearray(aes_key_unwrap_with_padding(kek, held) if kek else held)
    except InvalidUnwrap:
        raise RootKeyUnavailable("the passphrase or the shares do not open the root key file") from None
    if len(key) != KEY_BYTES:
        raise ValueError
    return key


def _random() -> bytearray:
    return bytearray(os.urandom(KEY_BYTES))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _cannot_make(error: OSError) -> RootKeyUnavailable:
    return RootKeyUnavailable(f"the root key file cannot be made ({type(error).__name__})")


def _synced_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
