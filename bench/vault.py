"""Sealed records against the bare cipher, and SM2 signatures against pure-Python gmssl."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from gmssl.sm2 import CryptSM2

from bench.figures import Figure, median_ratio, paired, spread
from vault.record import RecordKey, prefixed
from vault.reference import KeyClass, Reference
from vault.signing import new_private_key, signer
from vault.suite import Suite

SIZES = {"1 KiB": (1 << 10, 5.0, 5_000), "1 MiB": (1 << 20, 1.3, 100)}
"""Bytes of a content, the most that seal + open may cost in bare ones, how many a round."""
SIGNATURES = 10
LEAST_SM2 = 3.0


def run(*, quick: bool) -> list[Figure]:
    """Two ratios of sealing, one of signing."""
    rounds = 1 if quick else 31
    return [*(_sealing(what, rounds) for what in SIZES), _signing(rounds)]


def _sealing(what: str, rounds: int) -> Figure:
    size, most, count = SIZES[what]
    content, key = os.urandom(size), os.urandom(32)
    references = [Reference(KeyClass.DATA, "consent_1", "raw", uuid.uuid4().hex, 1) for _ in range(count)]
    cipher, record_key = AESGCM(key), RecordKey(Suite.INTL, key)
    place = prefixed(b"bank", b"consent_1", b"data", b"raw")

    def bare(_: int) -> float:
        started = time.process_time()
        for _each in references:
            nonce = os.urandom(12)
            cipher.decrypt(nonce, cipher.encrypt(nonce, content, place), place)
        return _microseconds(started, count)

    def sealed(_: int) -> float:
        started = time.process_time()
        for reference in references:
            record_key.unseal("bank", reference, record_key.seal("bank", reference, content))
        return _microseconds(started, count)

    pairs = _warm(bare, sealed, rounds)
    ratio = median_ratio(pairs)
    return Figure(
        f"seal + open of {what}, committed and bound to its place ÷ bare `AESGCM`",
        ratio,
        "",
        f"at most {most:g}",
        ratio <= most,
        spread(pairs, " µs"),
    )


def _signing(rounds: int) -> Figure:
    private = new_private_key(Suite.GM)
    ours = signer(Suite.GM, private)
    theirs = CryptSM2(private_key=private[:32].hex(), public_key=private[32:].hex())

    def pure(_: int) -> float:
        started = time.process_time()
        for number in range(SIGNATURES):
            theirs.sign_with_sm3(number.to_bytes(32, "big"))
        return _microseconds(started, SIGNATURES)

    def product(_: int) -> float:
        started = time.process_time()
        for number in range(SIGNATURES):
            ours.sign(number.to_bytes(32, "big"))
        return _microseconds(started, SIGNATURES)

    pairs = _warm(pure, product, rounds)
    times = 1 / median_ratio(pairs)
    return Figure(
        "SM2 signatures of 32 bytes: pure-Python gmssl ÷ product",
        times,
        "",
        f"at least {LEAST_SM2:g}",
        times >= LEAST_SM2,
        spread(pairs, " µs"),
    )


def _warm(
    peer: Callable[[int], float], product: Callable[[int], float], rounds: int
) -> list[tuple[float, float]]:
    """The pairs after one round that is not counted."""
    return paired(peer, product, rounds + 1)[1:]


def _microseconds(started: float, count: int) -> float:
    return (time.process_time() - started) / count * 1e6
