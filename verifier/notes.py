"""Checkpoints: what the log was at one moment, signed. The text is a C2SP tlog-checkpoint in a signed note.

    taxlink/bank/audit
    1234
    <root, base64>
    hash sha256
    time 2026-11-25T02:30:00+00:00

    — taxlink/bank/audit <base64 of key id ‖ signature>

An ECDSA P-256 signature is of the note's type 0x02; SM2 has no byte of its own and takes 0xff with a name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from verifier import sm2
from verifier.digests import DIGESTS, sha256

_MOST_BYTES = 16_384
_SM2_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""What comes before x ‖ y in the DER of an SM2 public key."""
_SM2_TYPE = b"\xffsm2-with-sm3"
_DASH = "— "


class BadCheckpoint(ValueError):
    """It is no checkpoint, or none of the keys that are trusted signed it."""


@dataclass(frozen=True)
class Checkpoint:
    """The first ``size`` records have this ``root`` under ``hash`` (``sha256`` or ``sm3``)."""

    origin: str
    size: int
    root: bytes
    hash: str
    at: datetime

    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nhash {self.hash}\ntime {self.at.isoformat()}\n"


def key_id(name: str, public_key: str) -> bytes:
    """The four bytes that say which key signed. ``public_key`` is PEM (SubjectPublicKeyInfo)."""
    der = _der(public_key)
    if der.startswith(_SM2_PREFIX):
        return sha256(name.encode() + b"\n" + _SM2_TYPE + der)[:4]
    return sha256(der)[:4]


def signed(checkpoint: Checkpoint, public_key: str, signature: bytes) -> str:
    """The note: the text with the signature line of the key whose name is the origin."""
    line = base64.b64encode(key_id(checkpoint.origin, public_key) + signature).decode()
    return f"{checkpoint.text()}\n{_DASH}{checkpoint.origin} {line}\n"


def opened(note: str, public_keys: Sequence[str]) -> Checkpoint:
    """The checkpoint of a note that one of these keys (PEM) signed. Raises ``BadCheckpoint``."""
    text, found, lines = note.rpartition("\n\n")
    if not found or len(note) > _MOST_BYTES or not lines.endswith("\n"):
        raise BadCheckpoint("it is no signed note")
    text += "\n"
    checkpoint = _parsed(text)
    for line in lines[:-1].split("\n"):
        name, raw = _signature(line)
        for key in public_keys:
            if name == checkpoint.origin and key_id(name, key) == raw[:4]:
                if not signature_holds(key, text.encode(), raw[4:]):
                    raise BadCheckpoint("the signature does not hold")
                return checkpoint
    raise BadCheckpoint("no trusted key signed it")


def signature_holds(public_key: str, content: bytes, signature: bytes) -> bool:
    """ECDSA P-256 with SHA-256, or SM2 with SM3, as the key says. False for a key that is neither."""
    try:
        der = _der(public_key)
        if der.startswith(_SM2_PREFIX):
            return sm2.verified(der[len(_SM2_PREFIX) :], content, signature)
        key = load_der_public_key(der)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        key.verify(signature, content, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature(line: str) -> tuple[str, bytes]:
    """Key name, and key id with signature, of a signature line."""
    name, _, coded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = base64.b64decode(coded, validate=True)
    except binascii.Error:
        raise BadCheckpoint("a signature line is damaged") from None
    if line != f"{_DASH}{name} {base64.b64encode(raw).decode()}":
        raise BadCheckpoint("a signature line is damaged")
    return name, raw


def _parsed(text: str) -> Checkpoint:
    try:
        origin, size, root, hashed, timed = text.splitlines()
        checkpoint = Checkpoint(
            origin=origin,
            size=int(size),
            root=base64.b64decode(root, validate=True),
            hash=hashed.removeprefix("hash "),
            at=datetime.fromisoformat(timed.removeprefix("time ")),
        )
    except ValueError:
        raise BadCheckpoint("it is no checkpoint of this log") from None
    # Written again it must be the very text, so that there is one way to say a thing.
    if checkpoint.text() != text or checkpoint.hash not in DIGESTS or len(checkpoint.root) != 32:
        raise BadCheckpoint("it is no checkpoint of this log")
    return checkpoint


def _der(pem: str) -> bytes:
    lines = pem.strip().splitlines()
    if not lines or lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
        raise ValueError("no public key in PEM")
    return base64.b64decode("".join(lines[1:-1]), validate=True)
