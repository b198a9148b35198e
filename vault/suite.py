"""Which algorithms a deployment uses."""

from __future__ import annotations

from enum import StrEnum


class Suite(StrEnum):
    """Chosen once for a deployment, written into what is made under it. Nothing falls back to the other."""

    INTL = "intl"
    """AES-256-GCM, HKDF-SHA256, ECDSA P-256 with SHA-256."""
    GM = "gm"
    """SM4-GCM, HKDF-SM3, SM2 with SM3 and the id 1234567812345678."""
