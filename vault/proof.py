"""The signed proof that a key was destroyed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True)
class DestructionProof:
    """Who can no longer be read since when.

    ``destroyed_at`` is ISO 8601 in UTC, keys and signature are hexadecimal.
    """

    tenant: str
    owner: str
    key_class: str
    destroyed_at: str
    public_key: str
    signature: str = ""

    @classmethod
    def signed(
        cls, tenant: str, owner: str, key_class: str, destroyed_at: str, key: Ed25519PrivateKey
    ) -> DestructionProof:
        """A proof with its Ed25519 signature."""
        draft = cls(tenant, owner, key_class, destroyed_at, key.public_key().public_bytes_raw().hex())
        return cls(**{**asdict(draft), "signature": key.sign(draft._message()).hex()})

    def verify(self, public_key: str) -> bool:
        """Whether the holder of this (trusted) public key signed exactly this."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
            key.verify(bytes.fromhex(self.signature), self._message())
        except (InvalidSignature, ValueError):
            return False
        return self.public_key == public_key

    def as_dict(self) -> dict[str, str]:
        """For a table, a log or a download."""
        return asdict(self)

    def _message(self) -> bytes:
        content = {name: value for name, value in asdict(self).items() if name != "signature"}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
