"""Electricity bills by month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import Cube
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Floats


@dataclass(frozen=True, eq=False)
class Power:
    """kWh and fen by month, over all meters; ``billed`` counts bills with a figure."""

    rows: Rows
    age: Floats
    energy: Cube
    cost: Cube
    billed: Cube
    history: Floats
    """Months from the first bill to ``as_of``."""
    newest: Floats
    """Age of the newest bill."""

    def months_billed(self, months: int, skip: int = 0) -> Floats:
        """Months of a window with a bill."""
        return self._has_bill.total(months, skip)

    @cached_property
    def _has_bill(self) -> Cube:
        return Cube((self.billed.month > 0.0).astype(np.float64))

    def every_month(self, cube: Cube, months: int, skip: int = 0) -> Floats:
        """The sum of a window; ``INSUFFICIENT`` when a month of it has no bill."""
        return self._full(months, skip) + cube.total(months, skip)

    def _full(self, months: int, skip: int = 0) -> Floats:
        """0, or ``INSUFFICIENT`` when a month of the window has no bill."""
        if (months, skip) not in self._gaps:
            full = self.months_billed(months, skip) == months
            self._gaps[(months, skip)] = np.where(full, 0.0, INSUFFICIENT)
        return self._gaps[(months, skip)]

    @cached_property
    def _gaps(self) -> dict[tuple[int, int], Floats]:
        return {}

    def complete(self, months: int, found: Floats) -> Floats:
        """A figure of a window that has a bill in every month."""
        return self._full(months) + found

    def part(self, column: str, months: int) -> Floats:
        """kWh of one tariff period; ``NOT_AVAILABLE`` when no bill of the window tells it."""
        kwh = self.rows.number(column)
        inside = (self.age >= 0) & (self.age < months) & ~np.isnan(kwh)
        return np.where(self.rows.count(inside) > 0, self.rows.sum(inside, kwh), NOT_AVAILABLE)

    def capacity(self, age: Floats) -> Floats:
        """kVA of all meters in the month of an age; ``NOT_AVAILABLE`` when it is not told."""
        kva = self.rows.number("capacity_kva")
        inside = (self.age == age[self.rows.firm]) & ~np.isnan(kva)
        return np.where(self.rows.count(inside) > 0, self.rows.sum(inside, kva), NOT_AVAILABLE)


@derived
def power(batch: Batch) -> Power:
    """The known bills."""
    rows = batch.rows("electricity_bill")
    age, energy = rows.age("month"), rows.number("energy_kwh")
    told = np.isfinite(energy)
    return Power(
        rows,
        age,
        rows.cube(told, age, np.where(told, energy, 0.0)),
        rows.cube(rows.all, age, rows.amount("amount_fen")),
        rows.cube(told, age),
        rows.largest(told, age, -1.0) + 1.0,
        rows.smallest(told, age),
    )
