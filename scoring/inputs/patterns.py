"""Kernels over the blue invoices of the last year or two: digits, repeats, splits."""

from __future__ import annotations

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.measure import derived
from scoring.series import segment_sum, since
from scoring.value import INSUFFICIENT, Bools, Floats, Ints

_MIXER = np.uint64(0x9E37_79B9_7F4A_7C15)
BENFORD = np.log10(1 + 1 / np.arange(1, 10))
_POWERS = 10.0 ** np.arange(20)
_EXPONENT_BITS = 52
_DIGITS = np.clip(np.log10(2.0) * (np.arange(2047) - 1023.0), 0, 18).astype(np.int64)
"""By the exponent of a float64: the power of ten below it, or the one before that."""


@derived
def first_digits(sales: Side) -> Floats:
    """Blue invoices by firm, year (this, the one before) and first digit."""
    rows = (sales.blue & (sales.age < 24) & (sales.amount > 0.0)).nonzero()[0]
    amount = sales.amount[rows]
    power = _DIGITS[amount.view(np.int64) >> _EXPONENT_BITS]
    power += amount >= _POWERS[power + 1]
    digit = (amount / _POWERS[power]).astype(np.int64)
    cell = (sales.firm[rows] * 2 + (sales.age[rows] >= 12)) * 9 + digit - 1
    return segment_sum(cell, sales.firms * 18).reshape(sales.firms, 2, 9)


def share_of_year(sales: Side, batch: Batch, counts: Floats) -> Floats:
    """A count among the blue invoices of the year; ``INSUFFICIENT`` below the least number of them."""
    return since(sales.year_count, batch.measurement.least_invoices, counts / sales.year_count)


def crowded(sales: Side, rows: Ints, key: Ints, bits: int, least: int) -> Floats:
    """Share of invoices whose pair and key, of so many bits, occur ``least`` times or more, a firm."""
    keys = (sales.pair[rows] << bits) + key
    whole = segment_sum(sales.firm[rows], sales.firms)
    ordered = np.sort(keys[_often(keys, least)])
    if not len(ordered):
        return np.where(whole > 0.0, 0.0, INSUFFICIENT)
    edge = np.concatenate(([True], ordered[1:] != ordered[:-1], [True])).nonzero()[0]
    size = edge[1:] - edge[:-1]
    many = size >= least
    firm = sales.pairs.firm[ordered[edge[:-1][many]] >> bits]
    return np.where(
        whole > 0.0, segment_sum(firm, sales.firms, size[many].astype(np.float64)) / whole, INSUFFICIENT
    )


def _often(keys: Ints, least: int) -> Bools:
    """A sieve: the keys that may occur so often, and few others. Sorting all of them takes longer."""
    bits = max(len(keys).bit_length() + 2, 8)
    slot = (keys.view(np.uint64) * _MIXER) >> np.uint64(64 - bits)
    return np.bincount(slot.view(np.int64), minlength=1 << bits)[slot.view(np.int64)] >= least


@derived
def company_rows(sales: Side) -> Ints:
    """The year's blue invoices to a known company: natural persons share one key, and would look like one
    buyer."""
    company = np.concatenate((~sales.pairs.individual, [False]))  # the last one answers for nobody
    return sales.year[company[sales.pair[sales.year]]]
