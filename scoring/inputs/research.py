"""Research expense by the annual income-tax return: form A107012 (研发费用加计扣除优惠明细表)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.returns import CIT_ANNUAL, Returns, same_keys
from scoring.inputs.statements import Books
from scoring.measure import derived
from scoring.value import NOT_AVAILABLE, Floats

SCHEDULE, LINE = "A107012", "40"
"""Line 40: expense of the year that may be deducted (年度研发费用小计)."""
NEWEST_MONTHS = 24


@dataclass(frozen=True, eq=False)
class Research:
    """Fen of the newest annual return and of the year before; ``ratio`` is over revenue."""

    now: Floats
    before: Floats
    ratio: Floats


@derived
def research(batch: Batch, returns: Returns, books: Books) -> Research:
    """``NOT_AVAILABLE`` where neither the schedule nor the books tell."""
    lines, rows = batch.rows("tax_return_schedule_line"), returns.rows
    wanted = lines.among("schedule", SCHEDULE) & lines.among("line", LINE)
    at = same_keys(lines, rows, "return_id")
    amount = lines.number("amount_fen")
    keep = np.flatnonzero(wanted & (at >= 0) & ~np.isnan(amount))
    keep = keep[(returns.standing & (returns.form == CIT_ANNUAL))[at[keep]]]
    keep = keep[np.lexsort((amount[keep], -returns.age[at[keep]]))]
    firm, age = rows.firm[at[keep]], returns.age[at[keep]]
    newest = np.full(batch.firms, NOT_AVAILABLE)
    newest[firm] = age
    now, before, revenue = np.full((3, batch.firms), NOT_AVAILABLE)
    last = age == newest[firm]
    now[firm[last]] = amount[keep][last]
    revenue[firm[last]] = returns.line("1")[at[keep]][last]
    year = age == newest[firm] + 12
    before[firm[year]] = amount[keep][year]
    now = np.where(newest >= NEWEST_MONTHS, NOT_AVAILABLE, now)
    declared = batch.masked(now / np.where(revenue > 0, revenue, NOT_AVAILABLE), "DEC")
    booked = books.income["rd_expense"] / np.where(
        books.income["revenue"] > 0, books.income["revenue"], NOT_AVAILABLE
    )
    booked = batch.masked(booked, "FIN")
    return Research(now, before, np.where(np.isnan(declared), booked, declared))
