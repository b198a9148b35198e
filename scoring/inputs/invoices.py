"""Invoices as columns in memory: a row vector each, and the cubes by month and by counterparty.

Money is fen in float64, exact up to 2^53 fen. ``age`` is in months before ``as_of`` (0 = its own month).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from schema.dataset import Missing
from scoring.inputs.parties import INDIVIDUAL, party_key, province
from scoring.series import Bools, Floats, Ints
from scoring.value import Absent

CUBE_MONTHS = 48
_BANDS = np.array([3, 6, 12, 15, 24, CUBE_MONTHS])
_NO_PARTY = "\x00"
_KEPT = (
    *("invoice_key", "direction", "medium", "kind", "number", "original_number", "issued_at", "has_time"),
    *("seller_name", "buyer_name", "amount_fen", "tax_fen", "total_fen", "device_id"),
)
"""Columns of the table that kernels read."""


@dataclass(frozen=True)
class Parties:
    """The distinct counterparties of both directions, in the order of their codes."""

    keys: tuple[str, ...]

    @cached_property
    def provinces(self) -> list[str | None]:
        return [province(key) for key in self.keys]

    def among(self, keys: frozenset[str]) -> Bools:
        """A flag a counterparty: whether its key is one of ``keys``."""
        return np.fromiter((key in keys for key in self.keys), dtype=np.bool_, count=len(self.keys))

    def outside(self, home: str) -> tuple[Bools, Bools]:
        """A pair of flags a counterparty: province known, and known to be another than ``home``."""
        known = np.array([place is not None for place in self.provinces], dtype=np.bool_)
        other = np.array([place is not None and place != home for place in self.provinces], dtype=np.bool_)
        return known, other

    @cached_property
    def individual(self) -> Bools:
        return self.among(frozenset({INDIVIDUAL}))


@dataclass(frozen=True, eq=False)
class Side:
    """One direction's invoices known at the decision, in any order. ``party`` is −1 where nobody is named."""

    as_of: date
    parties: Parties
    frame: pl.DataFrame
    age: Ints
    day: Ints
    amount: Floats
    party: Ints
    void: Bools

    @cached_property
    def blue(self) -> Bools:
        return ~self.void & (self.amount >= 0)

    @cached_property
    def red(self) -> Bools:
        return ~self.void & (self.amount < 0)

    def window(self, mask: Bools, months: int) -> Bools:
        """The rows of ``mask`` in the last ``months`` months."""
        return mask & (self.age < months)

    def by_month(self, mask: Bools, weights: Floats | None = None) -> Floats:
        """Sum of ``weights`` (count when None) over ``mask``, a month each, newest first."""
        keep = mask & (self.age < CUBE_MONTHS)
        chosen = None if weights is None else weights[keep]
        counts = np.bincount(self.age[keep], weights=chosen, minlength=CUBE_MONTHS)
        return np.asarray(counts, dtype=np.float64)

    @cached_property
    def blue_month(self) -> Floats:
        return self.by_month(self.blue, self.amount)

    @cached_property
    def red_month(self) -> Floats:
        """Red amounts, as positive figures."""
        return -self.by_month(self.red, self.amount)

    @cached_property
    def net_month(self) -> Floats:
        """Valid amount (有效金额): blue plus red."""
        return self.blue_month - self.red_month

    @cached_property
    def void_month(self) -> Floats:
        """Amounts of void blue invoices."""
        return self.by_month(self.void & (self.amount > 0), self.amount)

    @cached_property
    def count_month(self) -> Floats:
        """Valid blue invoices. Red ones offset; they do not count as business."""
        return self.by_month(self.blue)

    @cached_property
    def total_month(self) -> Floats:
        """价税合计 of valid invoices, red negative."""
        return self.by_month(~self.void, self.column("total_fen"))

    @cached_property
    def history(self) -> int:
        """Months from the first valid invoice to ``as_of``, both included; 0 without any."""
        return int(self.age[~self.void].max()) + 1 if (~self.void).any() else 0

    def need_history(self, months: int) -> None:
        """``INSUFFICIENT`` when invoices do not reach back so far."""
        if self.history < months:
            raise Absent(Missing.INSUFFICIENT)

    @cached_property
    def _bands(self) -> Floats:
        keep = ~self.void & (self.age < CUBE_MONTHS) & (self.party >= 0)
        width, bands = len(self.parties.keys), len(_BANDS)
        cell = np.searchsorted(_BANDS, self.age[keep], side="right") * width + self.party[keep]
        sums = np.bincount(cell, weights=self.amount[keep], minlength=width * bands)
        return np.asarray(sums, dtype=np.float64).reshape(bands, width)

    def party_net(self, start: int, stop: int) -> Floats:
        """Net amount a counterparty over ages ``start`` ≤ age < ``stop`` (edges of 0, 3, 6, 12, 15, 24)."""
        edges = [0, *_BANDS.tolist()]
        return np.asarray(self._bands[edges.index(start) : edges.index(stop)].sum(axis=0), dtype=np.float64)

    def column(self, name: str) -> Floats:
        """An amount column of the table as floats, null as 0."""
        return self.frame[name].fill_null(0).cast(pl.Float64).to_numpy()

    def flag(self, name: str, value: str) -> Bools:
        """Rows where a text column equals ``value``; ``NOT_AVAILABLE`` when the portal told none of it."""
        texts = self.frame[name]
        if len(texts) and texts.null_count() == len(texts):
            raise Absent(Missing.NOT_AVAILABLE)
        return (texts == value).fill_null(False).to_numpy()

    @cached_property
    def red_origin(self) -> Ints:
        """A row index a row: for a red invoice the blue one that it offsets, else −1.

        By the original number when told; else the latest earlier blue one of that counterparty and amount.
        """
        origin = np.full(len(self.age), -1, dtype=np.int64)
        reds = np.flatnonzero(self.red)
        if not reds.size:
            return origin
        amounts, parties = self.amount, self.party
        alike = self.blue & np.isin(parties, parties[reds]) & np.isin(amounts, -amounts[reds])
        by_amount: dict[tuple[int, float], list[int]] = {}
        for row in self._oldest_first(alike):
            by_amount.setdefault((int(parties[row]), float(amounts[row])), []).append(row)
        told = self.frame["original_number"].gather(reds)
        numbers = self.frame["number"]
        named = self.blue & numbers.is_in(told.drop_nulls().unique().to_list()).fill_null(False).to_numpy()
        by_number = {numbers[row]: row for row in self._oldest_first(named)}
        for row, number in zip(reds.tolist(), told.to_list(), strict=True):
            same = by_amount.get((int(parties[row]), -float(amounts[row])), ())
            earlier = [other for other in same if self.day[other] <= self.day[row]]
            origin[row] = by_number.get(number, earlier[-1] if earlier else -1)
        return origin

    def _oldest_first(self, mask: Bools) -> list[int]:
        """Rows in an order that does not depend on how they came: by day, amount and counterparty."""
        rows = np.flatnonzero(mask)
        order = np.lexsort((self.party[rows], self.amount[rows], self.day[rows]))
        return [int(row) for row in rows[order]]


def sides(known: pl.DataFrame, as_of: date) -> tuple[Side, Side]:
    """The issued and the received invoices of a table that holds only known rows, over common party codes."""
    issued = pl.col("issued_at")
    told_id = _other("buyer_id", "seller_id").str.strip_chars()
    told_name = _other("buyer_name", "seller_name")
    frame = known.filter(pl.col("amount_fen").is_not_null()).select(
        *_KEPT,
        age=(as_of.year * 12 + as_of.month) - (issued.dt.year().cast(pl.Int64) * 12 + issued.dt.month()),
        day=issued.dt.date().to_physical().cast(pl.Int64),
        void=(pl.col("state") == "void").fill_null(False),
        party=pl.when(told_id.str.len_bytes() > 0)
        .then(told_id)
        .otherwise(pl.lit(_NO_PARTY) + told_name.fill_null("")),
    )
    parties, codes = _encode(frame["party"])
    frame = frame.with_columns(code=codes)
    issued_side, received_side = (
        _side(frame.filter(pl.col("direction") == direction), parties, as_of) for direction in ("out", "in")
    )
    return issued_side, received_side


def _other(when_out: str, when_in: str) -> pl.Expr:
    return pl.when(pl.col("direction") == "out").then(when_out).otherwise(when_in)


def _encode(texts: pl.Series) -> tuple[Parties, pl.Series]:
    """Counterparty texts to codes that do not depend on the order of rows."""
    distinct = texts.unique().sort()
    keys = [
        party_key(None, text[1:]) if text.startswith(_NO_PARTY) else party_key(text, None)
        for text in distinct.to_list()
    ]
    names = sorted({key for key in keys if key is not None})
    code_of = {name: code for code, name in enumerate(names)}
    codes = pl.Series([-1 if key is None else code_of[key] for key in keys], dtype=pl.Int64)
    found = texts.replace_strict(distinct, codes, return_dtype=pl.Int64) if len(texts) else codes
    return Parties(tuple(names)), found


def _side(frame: pl.DataFrame, parties: Parties, as_of: date) -> Side:
    return Side(
        as_of=as_of,
        parties=parties,
        frame=frame,
        age=frame["age"].to_numpy(),
        day=frame["day"].to_numpy(),
        amount=frame["amount_fen"].cast(pl.Float64).to_numpy(),
        party=frame["code"].to_numpy(),
        void=frame["void"].to_numpy(),
    )
