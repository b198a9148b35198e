"""Passwords of console users: argon2id (RFC 9106), with the library's present costs."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from schema.errors import PasswordTooWeak

SHORTEST, LONGEST = 12, 128
_FEWEST_DIFFERENT = 5
_hasher = PasswordHasher()
"""RFC 9106's second choice for memory-bound machines: 64 MiB, three passes, four lanes."""


def checked(password: str, name: str) -> str:
    """The password, when it may be one. Raises ``PasswordTooWeak``."""
    if (
        not SHORTEST <= len(password) <= LONGEST
        or len(set(password)) < _FEWEST_DIFFERENT
        or name.lower() in password.lower()
    ):
        raise PasswordTooWeak
    return password


def hashed(password: str) -> str:
    """The encoded argon2id hash, with salt and costs."""
    return _hasher.hash(password)


@cache
def nobody() -> str:
    """The hash of a password that nobody has: an unknown name is checked against it, and so costs as much
    time as a wrong password."""
    return _hasher.hash(secrets.token_hex())


def matches(encoded: str, password: str) -> bool:
    """In constant time for a hash of given costs."""
    try:
        return _hasher.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False


def outdated(encoded: str) -> bool:
    """Whether the costs have risen since."""
    return _hasher.check_needs_rehash(encoded)
