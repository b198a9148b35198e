"""Checking an SM2 signature (GB/T 32918.2-2016, SM3) with whole numbers alone: ``cryptography`` has no SM2.

Only public values are handled here, so that neither time nor memory betrays a secret. The product signs with
OpenSSL's libcrypto; the tests hold this against it.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from verifier.digests import sm3

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
_SIGNER = b"1234567812345678"
"""The id that Z is made with."""

_Point = tuple[int, int] | None
"""None is the point at infinity."""


def verified(public: bytes, content: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (DER) is of ``content`` under the key ``public`` (x ‖ y, 64 bytes)."""
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return False
    x, y = int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big")
    t = (r + s) % _N
    on_curve = len(public) == 64 and x < _P and y < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0
    if not on_curve or not (0 < r < _N and 0 < s < _N) or t == 0:
        return False
    curve = b"".join(each.to_bytes(32, "big") for each in (_A, _B, _GX, _GY))
    z = sm3((len(_SIGNER) * 8).to_bytes(2, "big") + _SIGNER + curve + public)
    e = int.from_bytes(sm3(z + content), "big")
    met = _add(_times(s, (_GX, _GY)), _times(t, (x, y)))
    return met is not None and (e + met[0]) % _N == r


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return None
        slope = (3 * x1 * x1 + _A) * pow(2 * y1, -1, _P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P)
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


def _times(number: int, point: _Point) -> _Point:
    total: _Point = None
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total
