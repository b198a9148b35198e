"""Tax credit ratings (纳税缴费信用评价)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Floats

_WORST_FIRST = ("D", "C", "M", "B", "A")
_PUBLISHED_MONTH = 4
"""A rating without a day counts from April of the year after."""


@dataclass(frozen=True, eq=False)
class Rating:
    """Grades as 1 (D) to 5 (A); ``before`` is that of the rated year before the newest."""

    rows: Rows
    ordinal: Floats
    age: Floats
    grade: Floats
    before: Floats
    score: Floats

    def low(self, months: int) -> Floats:
        """Ratings of C or D in a window."""
        return self.rows.count((self.ordinal <= 2) & (self.age < months))


@derived
def rating(batch: Batch) -> Rating:
    """The ratings published by ``as_of``, the newest by its day."""
    rows = batch.rows("tax_credit_rating")
    ordinal = rows.words("grade", _WORST_FIRST).astype(np.float64) + 1
    ordinal[ordinal > len(_WORST_FIRST)] = np.nan
    year = rows.number("year")
    published = rows.age("event_date")
    usual = batch.last_month[rows.firm] - ((year + 1) * 12 + _PUBLISHED_MONTH - 1)
    age = np.where(np.isnan(published), usual, published)
    known = np.flatnonzero(~np.isnan(ordinal) & (age >= 0))
    order = known[np.lexsort((ordinal[known], year[known], -age[known], rows.firm[known]))]
    grade, newest = np.full((2, batch.firms), INSUFFICIENT)
    score = np.full(batch.firms, INSUFFICIENT)
    grade[rows.firm[order]] = ordinal[order]
    newest[rows.firm[order]] = year[order]
    points = rows.number("score")
    score[rows.firm[order]] = np.where(np.isnan(points[order]), NOT_AVAILABLE, points[order])
    before = np.full(batch.firms, INSUFFICIENT)
    last = order[year[order] == newest[rows.firm[order]] - 1]
    before[rows.firm[last]] = ordinal[last]
    return Rating(rows, ordinal, age, grade, before, score)
