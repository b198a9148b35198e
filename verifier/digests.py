"""The two hash functions, and the one way in which values are written before they are hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives import hashes

Digest = Callable[[bytes], bytes]


def sha256(content: bytes) -> bytes:
    """FIPS 180-4."""
    return hashlib.sha256(content).digest()


def sm3(content: bytes) -> bytes:
    """GB/T 32905-2016."""
    running = hashes.Hash(hashes.SM3())
    running.update(content)
    return running.finalize()


DIGESTS: dict[str, Digest] = {"sha256": sha256, "sm3": sm3}
"""By the name that a log and its checkpoints carry."""

_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: object) -> bytes:
    """JSON with sorted names, no spaces, and every character beyond ASCII escaped."""
    return _encoded(value).encode()


def digests(content: bytes, names: Iterable[str] = tuple(DIGESTS)) -> dict[str, str]:
    """Digests in hexadecimal: ``{sha256, sm3}``, unless only one is named."""
    return {name: DIGESTS[name](content).hex() for name in names}
