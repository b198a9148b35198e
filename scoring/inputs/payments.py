"""Tax paid into the treasury (征收入库), by nature and month of payment, fen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import Cube
from scoring.value import Floats

BEHAVIOUR, TAX_FINE = ("behaviour_fine", "fine"), ("tax_fine", "fine")
LATE_DAYS = 3
"""A payment so many days late draws a fee that nobody minds."""


@dataclass(frozen=True, eq=False)
class Payments:
    """Cubes of amounts, and of counts for what is counted."""

    rows: Rows
    age: Floats
    history: Floats
    """Months from the first payment of tax to ``as_of``, both included."""
    vat: Cube
    cit: Cube
    tax: Cube
    late_fee: Cube
    refund: Cube
    late_fees: Cube
    """Late fees of more than 3 days, a count."""
    behaviour_fines: Cube
    tax_fines: Cube


@derived
def payments(batch: Batch) -> Payments:
    """A payment without an amount says nothing. A fine of an unknown kind counts as both kinds."""
    rows = batch.rows("tax_payment")
    amount, age = rows.number("amount_fen"), rows.age("event_date")
    told = ~np.isnan(amount)
    tax, late, refund, behaviour, tax_fine = (
        told & rows.among("nature", *natures)
        for natures in (("tax",), ("late_fee",), ("refund",), BEHAVIOUR, TAX_FINE)
    )
    overdue = rows.day("event_date") - rows.day("due_on")
    masks = (
        *(tax & rows.among("category", "vat"), tax & rows.among("category", "cit"), tax, late, refund),
        *(late & ~(overdue <= LATE_DAYS), behaviour, tax_fine),
    )
    one = np.ones(len(rows))
    weights = (*(amount,) * 4, np.abs(amount), *(one,) * 3)
    return Payments(rows, age, rows.largest(tax, age, -1.0) + 1.0, *rows.cubes_of(masks, age, weights))
