"""Numbers over a vector of periods, newest first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from schema.dataset import Missing
from scoring.value import Absent, ratio

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def count(flags: Bools) -> int:
    """How many are true."""
    return int(np.count_nonzero(flags))


def variation(values: Floats) -> float:
    """Standard deviation over mean."""
    return ratio(float(values.std()), float(values.mean()))


def change_variation(values: Floats) -> float:
    """Standard deviation of the changes from one period to the next, over the mean level."""
    return ratio(float(np.diff(values).std()), float(values.mean()))


def slope(values: Floats) -> float:
    """Least-squares slope from oldest to newest, a period, over the mean level."""
    time = np.arange(len(values), dtype=np.float64)[::-1]
    time -= time.mean()
    return ratio(float(time @ values) / float(time @ time), float(values.mean()))


def growth(now: float, base: float) -> float:
    """now / base − 1."""
    return ratio(now, base) - 1.0


def longest_run(flags: Bools) -> int:
    """The longest unbroken run of true."""
    best = run = 0
    for flag in flags.tolist():
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def shares(amounts: Floats) -> Floats:
    """Positive amounts as shares of their sum, largest first. ``INSUFFICIENT`` when there is none."""
    positive = np.sort(amounts[amounts > 0])[::-1]
    if not positive.size:
        raise Absent(Missing.INSUFFICIENT)
    return np.asarray(positive / positive.sum(), dtype=np.float64)


def distance(value: float, mean: float, deviation: float) -> float:
    """How many deviations a value lies from the mean, either way."""
    return abs(ratio(value - mean, deviation))
