"""The second factor: time-based one-time codes (RFC 6238) and the recovery codes for a lost telephone."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp

STEP_SECONDS = 30
_DRIFT_STEPS = 1
"""How far a telephone's clock may be off, either way."""
RECOVERY_CODES = 8
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without characters that are taken for each other."""


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, name: str, issuer: str) -> str:
    """What the authenticator scans (``otpauth://totp/…``)."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, at: datetime, *, after: int) -> int | None:
    """The time step whose code this is; None for a wrong code and for any step not later than ``after``,
    whose code was taken already."""
    maker, present = pyotp.TOTP(secret), int(at.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        if hmac.compare_digest(maker.generate_otp(step).encode(), code.encode()) and step > after:
            found = step
    return found


def recovery_codes() -> list[str]:
    """Eight codes of 50 random bits, ``ABCDE-FGHJK``, each good once."""

    def part() -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(5))

    return [f"{part()}-{part()}" for _ in range(RECOVERY_CODES)]
