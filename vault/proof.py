"""The signed proof that a key was destroyed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from vault.signing import Signer, verify


@dataclass(frozen=True)
class DestructionProof:
    """Who can no longer be read since when.

    ``destroyed_at`` is ISO 8601 in UTC, ``public_key`` is PEM, the signature is hexadecimal.
    """

    tenant: str
    owner: str
    key_class: str
    destroyed_at: str
    public_key: str
    signature: str = ""

    @classmethod
    def signed(
        cls, tenant: str, owner: str, key_class: str, destroyed_at: str, signer: Signer
    ) -> DestructionProof:
        """A proof with its signature, in the deployment's suite."""
        draft = cls(tenant, owner, key_class, destroyed_at, signer.public_key)
        return cls(**{**asdict(draft), "signature": signer.sign(draft._message()).hex()})

    def verify(self, public_key: str) -> bool:
        """Whether the holder of this (trusted) public key signed exactly this."""
        try:
            signature = bytes.fromhex(self.signature)
        except ValueError:
            return False
        return self.public_key == public_key and verify(public_key, self._message(), signature)

    def as_dict(self) -> dict[str, str]:
        """For a table, a log or a download."""
        return asdict(self)

    def _message(self) -> bytes:
        content = {name: value for name, value in asdict(self).items() if name != "signature"}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
