"""What a root promises, and which one a deployment has."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from schema.errors import RootKeyUnavailable
from vault.ciphers import Bytes
from vault.suite import Suite


class Root(Protocol):
    """A versioned key that wraps the tenant keys and nothing else. Every method raises
    ``RootKeyUnavailable``."""

    @property
    def name(self) -> str:
        """Which root it is: stands beside every key that it wrapped."""
        ...

    def wrap(self, key: Bytes, context: bytes) -> bytes:
        """``key`` sealed for its place, under the newest version that any process made."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytearray:
        """The key, whichever version that was not retired wrapped it."""
        ...

    def rotate(self) -> None:
        """A new version wraps from now on. The older ones still unwrap."""
        ...

    def retire(self) -> None:
        """The versions before the last ``rotate`` of this object unwrap no more, for good."""
        ...

    def close(self) -> None:
        """Let go of what it holds. Idempotent."""
        ...


def open_root(url: str, path: Path, suite: Suite, *, fresh: bool) -> Root:
    """The root that ``url`` names: ``pkcs11:…``, ``openbao:…``, or empty for the file at ``path``.

    ``fresh`` says that nothing was wrapped yet, so that a root may be made. Raises ``RootKeyUnavailable``.
    """
    from vault.roots import file, pkcs11, transit  # each loads a library of its own

    scheme, _, rest = url.partition(":")
    if scheme == "pkcs11":
        return pkcs11.open_token(rest, fresh=fresh)
    if scheme == "openbao":
        return transit.open_transit(rest, fresh=fresh)
    if url:
        raise RootKeyUnavailable("a root is a file, pkcs11:… or openbao:…")
    if path.exists():
        return file.FileRoot(path, suite)
    if not fresh:
        raise RootKeyUnavailable("the root key file is gone, and the vault's keys need it")
    return file.create(path, suite)
