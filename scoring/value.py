"""A measured value: a finite float, or the typed reason why there is none.

In arrays the reason rides in the payload of a NaN (IEEE 754 §6.2.3; R marks its NA so): arithmetic hands it
on by itself, so that a figure made of a missing one is missing for the same reason.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from schema.dataset import Missing

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Value = float | Missing
"""A finite float, or why there is none."""

REASONS: tuple[Missing, ...] = tuple(Missing)
"""The reason of code ``i`` is ``REASONS[i − 1]``; code 0 is a value."""

_QUIET, _PAYLOAD = 0x7FF8_0000_0000_0000, np.uint64(0xF)
NANS: Floats = np.array([_QUIET | code for code in range(len(REASONS) + 1)], dtype=np.uint64).view(np.float64)
"""The NaN of each code."""

CODE_OF: dict[Missing, int] = {reason: code for code, reason in enumerate(REASONS, start=1)}
NOT_AUTHORISED, NOT_AVAILABLE, NOT_APPLICABLE, INSUFFICIENT, STALE = (
    NANS[CODE_OF[reason]]
    for reason in (
        Missing.NOT_AUTHORISED,
        Missing.NOT_AVAILABLE,
        Missing.NOT_APPLICABLE,
        Missing.INSUFFICIENT,
        Missing.STALE,
    )
)


class Absent(Exception):
    """A measurement has no value."""

    def __init__(self, reason: Missing) -> None:
        super().__init__(reason.value)
        self.reason = reason


def codes(values: Floats) -> Codes:
    """The code of each value: 0 for a finite one, else its reason's; ``INSUFFICIENT`` for infinity and for a
    NaN without a payload."""
    told = (values.view(np.uint64) & _PAYLOAD).astype(np.uint8)
    told = np.where(np.isnan(values) & (told > 0), told, np.uint8(CODE_OF[Missing.INSUFFICIENT]))
    return np.where(np.isfinite(values), np.uint8(0), told)


def absent(numbers: Floats) -> dict[int, Missing]:
    """Where numbers are missing, and why."""
    code = codes(numbers)
    places = code.nonzero()[0]
    return {
        place: REASONS[told - 1] for place, told in zip(places.tolist(), code[places].tolist(), strict=True)
    }


def values(numbers: Floats) -> list[Value]:
    """The numbers of an array as values."""
    found: list[Value] = numbers.tolist()
    for place, reason in absent(numbers).items():
        found[place] = reason
    return found


def ratio(numerator: float, denominator: float) -> float:
    """The quotient of two numbers; raises ``Absent`` when the denominator is not positive."""
    if denominator <= 0:
        raise Absent(Missing.INSUFFICIENT)
    return float(numerator) / float(denominator)
