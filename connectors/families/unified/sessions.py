"""``Grant.secret`` of this family: receipt, company and the browser's storage state, as versioned bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from playwright.async_api import StorageState

from schema.errors import SessionExpired

VERSION = "unified/1"


@dataclass(frozen=True)
class Session:
    """What ``seal`` put in."""

    receipt: str
    taxpayer_id: str
    state: StorageState


def seal(receipt: str, taxpayer_id: str, state: StorageState) -> bytes:
    """The bytes that the caller seals in the vault."""
    content = {"version": VERSION, "receipt": receipt, "taxpayer_id": taxpayer_id, "state": state}
    return json.dumps(content, separators=(",", ":")).encode()


def unseal(secret: bytes) -> Session:
    """Raises ``SessionExpired`` for bytes of another version."""
    content = json.loads(secret)
    if content.get("version") != VERSION:
        raise SessionExpired
    return Session(content["receipt"], content["taxpayer_id"], content["state"])


def key(secret: bytes) -> str:
    """The name under which the browser keeps this session's tab."""
    return hashlib.sha256(secret).hexdigest()
