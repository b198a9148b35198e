"""Tax paid into the treasury (征收入库), by nature and month of payment, fen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import Cube
from scoring.value import Floats

NATURES = ("tax", "late_fee", "fine", "behaviour_fine", "tax_fine", "refund")
LATE_DAYS = 3
"""A payment so many days late draws a fee that nobody minds."""


@dataclass(frozen=True, eq=False)
class Payments:
    """Cubes of amounts, and of counts for what is counted."""

    rows: Rows
    age: Floats
    vat: Cube
    cit: Cube
    tax: Cube
    late_fee: Cube
    refund: Cube
    late_fees: Cube
    """Late fees of more than 3 days, a count."""
    behaviour_fines: Cube
    tax_fines: Cube
    history: Floats
    """Months from the first payment of tax to ``as_of``, both included."""


@derived
def payments(batch: Batch) -> Payments:
    """A payment without an amount says nothing. A fine of an unknown kind counts as both kinds."""
    rows = batch.rows("tax_payment")
    amount, age = rows.number("amount_fen"), rows.age("event_date")
    told = ~np.isnan(amount)
    nature = rows.words("nature", NATURES)
    tax, late, fine, behaviour, tax_fine, refund = (told & (nature == code) for code in range(len(NATURES)))
    category = rows.words("category", ("vat", "cit"))
    overdue = rows.day("event_date") - rows.day("due_on")
    return Payments(
        rows,
        age,
        vat=rows.cube(tax & (category == 0), age, amount),
        cit=rows.cube(tax & (category == 1), age, amount),
        tax=rows.cube(tax, age, amount),
        late_fee=rows.cube(late, age, amount),
        refund=rows.cube(refund, age, np.abs(amount)),
        late_fees=rows.cube(late & ~(overdue <= LATE_DAYS), age),
        behaviour_fines=rows.cube(behaviour | fine, age),
        tax_fines=rows.cube(tax_fine | fine, age),
        history=rows.largest(tax, age, -1.0) + 1.0,
    )
