"""Rows of one table of a batch as numpy columns: firm by firm, days and ages as floats, null as NaN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl

from scoring.series import MONTHS, Cube, cubes, known_or, ratio, segment_count, segment_max, segment_sum
from scoring.value import INSUFFICIENT, Bools, Floats, Ints

T = TypeVar("T")
_MONTHS = float(MONTHS)


class Rows:
    """``firm`` is the firm of each row, ascending. A column is decoded once and kept: a number as a float, a
    text as codes, a date as days and as months of age."""

    def __init__(self, frame: pl.DataFrame, firm: Ints, last_day: Ints, last_month: Ints) -> None:
        self.frame, self.firm = frame, firm
        self._last_day, self._last_month = last_day, last_month
        self._kept: dict[tuple[str, ...], Any] = {}
        self.firms = len(last_day)

    def __len__(self) -> int:
        return len(self.firm)

    @cached_property
    def all(self) -> Bools:
        return np.ones(len(self), dtype=np.bool_)

    @cached_property
    def last_month_of_row(self) -> Ints:
        """The month of ``as_of``, since year 0, of each row's firm."""
        return self._last_month[self.firm]

    def where(self, mask: Bools) -> Rows:
        """The rows of the mask alone."""
        return Rows(self.frame.filter(mask), self.firm[mask], self._last_day, self._last_month)

    def kept(self, key: tuple[str, ...], decode: Callable[[], T]) -> T:
        """What a column, or some, were decoded to under a key."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = decode()
        return cast(T, found)

    # --- columns

    def number(self, name: str) -> Floats:
        """A numeric column, or days since 1970 of dates and microseconds of instants."""
        return self.kept(("number", name), lambda: _numbers(self.frame.get_column(name)))

    def amount(self, name: str) -> Floats:
        """A numeric column with null as 0."""
        return self.kept(("amount", name), lambda: known_or(self.number(name), 0.0))

    def day(self, name: str) -> Floats:
        """Days since 1970 of a date or a date and time."""
        return self.kept(("day", name), lambda: self._day(name))

    def _day(self, name: str) -> Floats:
        number = self.number(name)
        return number if self.frame.get_column(name).dtype == pl.Date else np.floor(number / 86_400e6)

    def second(self, name: str) -> Floats:
        """Seconds since midnight of a date and time."""
        return self.kept(("second", name), lambda: self.number(name) / 1e6 - self.day(name) * 86_400)

    def age(self, name: str) -> Floats:
        """Months from a date to ``as_of``: 0 in its month, negative after it."""
        return self.kept(("age", name), lambda: self.last_month_of_row - months_of(self.day(name)))

    def days_ago(self, name: str) -> Floats:
        """Days from a date to ``as_of``, negative after it."""
        return self.kept(("ago", name), lambda: self._last_day[self.firm] - self.day(name))

    def lasting(self, name: str) -> Bools:
        """Whether what the column ends still lasted at ``as_of``: null, or a later day."""
        return self.kept(("lasting", name), lambda: ~(self.days_ago(name) >= 0))

    def texts(self, name: str) -> list[str | None]:
        """A text column."""
        return self.kept(
            ("texts", name), lambda: cast(list[str | None], self.frame.get_column(name).to_list())
        )

    def keyed(self, name: str) -> list[tuple[int, str | None]]:
        """Firm and text of each row."""
        return self.kept(
            ("keyed", name), lambda: list(zip(self.firm.tolist(), self.texts(name), strict=True))
        )

    def told(self, name: str) -> Bools:
        """Rows in which a column is not null."""
        return self.kept(("told", name), lambda: _told(self.frame.get_column(name)))

    def encoded(self, name: str) -> tuple[list[str], Ints]:
        """The different texts of a column in their order, and the place of each row's; −1 for null."""
        return self.kept(("encoded", name), lambda: _ordered(*encode(self.frame.get_column(name))))

    def codes(self, name: str) -> Ints:
        """A code for each text of a column, −1 for null. Codes follow the order of the texts."""
        return self.encoded(name)[1]

    def words(self, name: str, words: Sequence[str]) -> Ints:
        """The place of each word among ``words``; their number for any other, and for null."""
        return self.kept(("words", name, *words), lambda: self._words(name, words))

    def _words(self, name: str, words: Sequence[str]) -> Ints:
        texts, code = self.encoded(name)
        place = {word: at for at, word in enumerate(words)}
        return np.array([*(place.get(text, len(words)) for text in texts), len(words)])[code]

    def among(self, name: str, *words: str) -> Bools:
        """Whether a text column holds one of the words."""
        return self.kept(("among", name, *words), lambda: self.words(name, words) < len(words))

    def true(self, name: str) -> Bools:
        """Whether a boolean column is true."""
        return self.kept(("true", name), lambda: self.number(name) == 1)

    def hashed(self, name: str) -> Ints:
        """A number for each firm and text, the same in every table."""
        return self.kept(("hashed", name), lambda: self._hashed(name))

    def _hashed(self, name: str) -> Ints:
        salt = self.firm.astype(np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
        return cast(Ints, (self.frame.get_column(name).hash().to_numpy() ^ salt).view(np.int64))

    # --- by firm

    def cube(self, mask: Bools, age: Floats, weights: Floats | None = None) -> Cube:
        """The mask's rows, or their weights, by firm and month of age."""
        keep = (mask & (age >= 0.0) & (age < _MONTHS)).nonzero()[0]
        cell = age[keep].astype(np.int64)
        if self.firms > 1:
            cell += self.firm[keep] * MONTHS
        chosen = None if weights is None else weights[keep]
        return Cube(segment_sum(cell, self.firms * MONTHS, chosen).reshape(self.firms, MONTHS))

    def cubes_of(self, masks: Sequence[Bools], age: Floats, weights: Sequence[Floats]) -> list[Cube]:
        """``cube`` of each mask and its weights."""
        inside = (age >= 0.0) & (age < _MONTHS)
        kind, row = (np.stack(masks) & inside).nonzero()
        cell = (kind * self.firms + self.firm[row]) * MONTHS + age[row].astype(np.int64)
        sums = segment_sum(cell, len(masks) * self.firms * MONTHS, np.stack(weights)[kind, row])
        return cubes(sums.reshape(len(masks), self.firms, MONTHS))

    def cubes(self, mask: Bools, age: Floats, kind: Ints, kinds: int) -> list[Cube]:
        """``cube`` of each kind from 0."""
        keep = (mask & (age >= 0.0) & (age < _MONTHS) & (kind < kinds)).nonzero()[0]
        cell = (kind[keep] * self.firms + self.firm[keep]) * MONTHS + age[keep].astype(np.int64)
        return cubes(segment_sum(cell, kinds * self.firms * MONTHS).reshape(kinds, self.firms, MONTHS))

    def count(self, mask: Bools) -> Floats:
        """Rows of the mask."""
        return segment_count(mask, self.firm, self.firms)

    def sum(self, mask: Bools, weights: Floats) -> Floats:
        """Their weights; null ones count nothing."""
        keep = mask & ~np.isnan(weights)
        return segment_sum(self.firm[keep], self.firms, weights[keep])

    def any(self, mask: Bools) -> Floats:
        """1 where the mask has a row, else 0."""
        return (self.count(mask) > 0.0).astype(np.float64)

    def largest(self, mask: Bools, found: Floats, empty: float = INSUFFICIENT) -> Floats:
        """The largest of a column; ``empty`` where the mask has no row with one."""
        keep = mask & ~np.isnan(found)
        return segment_max(found[keep], self.firm[keep], self.firms, empty)

    def smallest(self, mask: Bools, found: Floats, empty: float = INSUFFICIENT) -> Floats:
        """The smallest of a column."""
        return -self.largest(mask, -found, -empty)

    def mean(self, mask: Bools, found: Floats) -> Floats:
        """The mean of a column; ``INSUFFICIENT`` where the mask has no row with one."""
        keep = mask & ~np.isnan(found)
        return ratio(self.sum(keep, found), self.count(keep))

    def distinct(self, mask: Bools, code: Ints) -> Floats:
        """How many different codes; negative ones are nobody."""
        keep = mask & (code >= 0)
        if not keep.any():
            return np.zeros(self.firms)
        width = int(code[keep].max()) + 1
        cells = np.unique(self.firm[keep] * width + code[keep])
        return segment_sum(cells // width, self.firms)

    def latest(self, mask: Bools, name: str, column: str, empty: float = INSUFFICIENT) -> Floats:
        """A number on the mask's row with the newest date ``name``; the larger number of two on one day."""
        found, day = self.number(column), self.number(name)
        keep = np.flatnonzero(mask & ~np.isnan(found) & ~np.isnan(day))
        order = keep[np.lexsort((found[keep], day[keep], self.firm[keep]))]
        answer = np.full(self.firms, empty)
        answer[self.firm[order]] = found[order]
        return answer


def _numbers(column: pl.Series) -> Floats:
    if column.null_count() == len(column):
        return np.full(len(column), np.nan)
    return column.cast(pl.Float64).to_numpy().astype(np.float64)


def _told(column: pl.Series) -> Bools:
    if column.null_count() in (0, len(column)):
        return np.full(len(column), column.null_count() == 0)
    return column.is_not_null().to_numpy()


def _ordered(texts: list[str], code: Ints) -> tuple[list[str], Ints]:
    if len(texts) <= 1:
        return texts, code
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.full(len(texts) + 1, -1, dtype=np.int64)  # the last one answers for null
    rank[order] = np.arange(len(texts))
    return [texts[place] for place in order], rank[code]


def months_of(day: Floats) -> Floats:
    """Months since year 0 of days since 1970; NaN stays."""
    known = ~np.isnan(day)
    whole = np.where(known, day, 0).astype(np.int64)
    months = whole.view("M8[D]").astype("M8[M]").astype(np.int64) + 1970 * 12
    return np.where(known, months, np.nan)


def encode(texts: pl.Series) -> tuple[list[str], Ints]:
    """The different texts, and the place of each row's; −1 for null."""
    if texts.null_count() == len(texts):
        return [], np.full(len(texts), -1, dtype=np.int64)
    if len(texts) <= _FEW_ROWS:
        return _encode_few(texts.to_list())
    codes = texts.cast(pl.Categorical(pl.Categories.random())).to_physical().cast(pl.Int64)
    place = (codes.fill_null(-1) if codes.null_count() else codes).to_numpy()
    first = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.int64)
    rows = np.flatnonzero(place >= 0)[::-1]
    first[place[rows]] = rows
    return texts[first].to_list(), place


_FEW_ROWS = 500
"""Up to so many rows, a dictionary is faster than a call of polars."""


def _encode_few(texts: list[str | None]) -> tuple[list[str], Ints]:
    place: dict[str, int] = {}
    codes = [-1 if text is None else place.setdefault(text, len(place)) for text in texts]
    return list(place), np.array(codes, dtype=np.int64)
