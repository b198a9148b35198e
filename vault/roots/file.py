"""The root in a file of its own, made on first use, readable by its owner only.

The file holds each version's key, wrapped (AES-KWP, RFC 5649) under one of

* scrypt (RFC 7914) of ``TAXLINK_ROOT_PASSPHRASE``, when that is set as the file is made;
* a random secret of which three persons hold shares, and any two are needed: ``vault.roots.shares``;
* nothing: then the file itself is the secret.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from cryptography.exceptions import InvalidTag

from schema.errors import RootKeyUnavailable
from vault.ciphers import Bytes
from vault.roots import keyfile
from vault.roots.keyfile import KeyFile
from vault.suite import Suite
from vault.wrapping import Wrapper

_VERSION_BYTES = 4


class FileRoot:
    """Wraps with the newest key that the file holds at that moment; unwraps with those that it has read."""

    def __init__(self, path: Path, suite: Suite) -> None:
        """Raises ``RootKeyUnavailable``: absent, open to others, damaged, or a wrong passphrase."""
        self._path, self._suite = path, suite
        self._name, self._wrappers = self._read()
        self._rotated_to = 0

    @property
    def name(self) -> str:
        return self._name

    def wrap(self, key: Bytes, context: bytes) -> bytes:
        self._name, self._wrappers = self._read()
        newest = max(self._wrappers)
        return newest.to_bytes(_VERSION_BYTES, "big") + self._wrappers[newest].wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytearray:
        version = int.from_bytes(wrapped[:_VERSION_BYTES], "big")
        if version not in self._wrappers:
            self._name, self._wrappers = self._read()
        if version not in self._wrappers:
            raise RootKeyUnavailable(f"version {version} of the root is retired, or the file is another")
        try:
            return self._wrappers[version].unwrap(wrapped[_VERSION_BYTES:], context)
        except InvalidTag:
            raise RootKeyUnavailable("the root key file is not the one this vault was made with") from None

    def rotate(self) -> None:
        with keyfile.locked(self._path, fcntl.LOCK_EX), keyfile.load(self._path) as held:
            self._rotated_to = held.add()
            held.replace(self._path)
        self._name, self._wrappers = self._read()

    def retire(self) -> None:
        with keyfile.locked(self._path, fcntl.LOCK_EX), keyfile.load(self._path) as held:
            held.drop_before(self._rotated_to)
            held.replace(self._path)
        self._name, self._wrappers = self._read()

    def close(self) -> None:
        self._wrappers = {}

    def __repr__(self) -> str:
        return "FileRoot()"

    def _read(self) -> tuple[str, dict[int, Wrapper]]:
        with keyfile.locked(self._path, fcntl.LOCK_SH), keyfile.load(self._path) as held:
            return held.name, {version: Wrapper(self._suite, key) for version, key in held.keys.items()}


def create(path: Path, suite: Suite) -> FileRoot:
    """The root of a new file. When another process makes the file first, that is the one."""
    with KeyFile.fresh() as held:
        held.place(path)
    return FileRoot(path, suite)
