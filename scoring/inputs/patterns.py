"""Kernels over the blue invoices of the last year or two: digits, repeats, splits."""

from __future__ import annotations

from typing import cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.measure import derived
from scoring.series import segment_sum, since
from scoring.value import INSUFFICIENT, Floats, Ints

BENFORD = np.log10(1 + 1 / np.arange(1, 10))
_POWERS = 10 ** np.arange(19, dtype=np.int64)


@derived
def first_digits(sales: Side) -> Floats:
    """Blue invoices by firm, year (this, the one before) and first digit."""
    rows = np.flatnonzero(sales.blue & (sales.age < 24) & (sales.amount > 0))
    amount = sales.amount[rows].astype(np.int64)
    digit = amount // _POWERS[np.searchsorted(_POWERS, amount, side="right") - 1]
    cell = (sales.firm[rows] * 2 + sales.age[rows] // 12) * 9 + digit - 1
    return segment_sum(cell, sales.firms * 18).reshape(sales.firms, 2, 9)


def share_of_year(sales: Side, batch: Batch, counts: Floats) -> Floats:
    """A count among the blue invoices of the year; ``INSUFFICIENT`` below the least number of them."""
    return since(sales.year_count, batch.measurement.least_invoices, counts / sales.year_count)


def crowded(sales: Side, rows: Ints, key: Ints, bits: int, least: int) -> Floats:
    """Share of invoices whose pair and key, of so many bits, occur ``least`` times or more, a firm."""
    ordered = np.sort((sales.pair[rows] << bits) + key)
    edge = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    size = np.diff(np.concatenate((edge, [len(ordered)])))
    many = size >= least
    if not len(ordered):
        return np.full(sales.firms, INSUFFICIENT)
    firm = sales.pairs.firm[ordered[edge] >> bits]
    whole = segment_sum(firm, sales.firms, size.astype(np.float64))
    return np.where(whole > 0, segment_sum(firm[many], sales.firms, size[many]) / whole, INSUFFICIENT)


@derived
def company_rows(sales: Side) -> Ints:
    """The year's blue invoices to a known company: natural persons share one key, and would look like one
    buyer."""
    person = np.append(sales.pairs.individual, True)  # the last one answers for nobody
    return cast(Ints, sales.year[~person[sales.pair[sales.year]]])
