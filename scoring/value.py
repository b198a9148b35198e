"""A measured value: a finite float, or the typed reason why there is none."""

from __future__ import annotations

from typing import NoReturn

from schema.dataset import Missing

Value = float | Missing
"""A finite float, or why there is none."""


class Absent(Exception):
    """A measurement has no value."""

    def __init__(self, reason: Missing) -> None:
        super().__init__(reason.value)
        self.reason = reason


def absent(reason: Missing) -> NoReturn:
    """Ends a measurement without a value."""
    raise Absent(reason)


def ratio(numerator: float, denominator: float) -> float:
    """The quotient; ``INSUFFICIENT`` when the denominator is not positive."""
    if denominator <= 0:
        raise Absent(Missing.INSUFFICIENT)
    return float(numerator) / float(denominator)
