"""Tax payments, bank statements and the monthly bills, as known at the decision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from schema.dataset import Missing
from scoring.inputs.parties import INDIVIDUAL, fold_name
from scoring.series import Floats
from scoring.value import Absent

MONTHS = 48


def by_month(frame: pl.DataFrame, column: str) -> Floats:
    """Sums of a column by ``age``, newest first."""
    ages = frame["age"].to_numpy()
    keep = ages < MONTHS
    sums = np.bincount(ages[keep], weights=frame[column].cast(pl.Float64).to_numpy()[keep], minlength=MONTHS)
    return np.asarray(sums, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Payments:
    """Tax paid into the treasury (征收入库), fen by month of payment."""

    frame: pl.DataFrame

    def month(self, nature: str, category: str | None = None) -> Floats:
        """Amounts of a nature (tax, late_fee, fine, refund), of one tax or of all."""
        kept = self.frame.filter(pl.col("nature") == nature)
        if category is not None:
            kept = kept.filter(pl.col("category") == category)
        return by_month(kept, "amount_fen")

    @cached_property
    def history(self) -> int:
        """Months from the first payment of tax to ``as_of``, both included."""
        ages = self.frame.filter(pl.col("nature") == "tax")["age"].to_list()
        return max(ages, default=-1) + 1

    def count(self, nature: str, months: int) -> int:
        """Payments of a nature in the last months."""
        return self.frame.filter((pl.col("nature") == nature) & (pl.col("age") < months)).height


@dataclass(frozen=True, eq=False)
class Flows:
    """Bank movements, of which the operating ones (经营性流水) are marked as such."""

    frame: pl.DataFrame

    def operating(self, direction: str, months: int, skip: int = 0) -> pl.DataFrame:
        """Operating rows of a window. ``NOT_AVAILABLE`` when nobody classified them, ``INSUFFICIENT`` when
        the statements do not cover the window."""
        if self.frame.is_empty():
            raise Absent(Missing.INSUFFICIENT)
        if self.frame["operating"].null_count() == self.frame.height:
            raise Absent(Missing.NOT_AVAILABLE)
        covered = set(self.frame["age"].to_list())
        if max(covered) < skip + months - 1:
            raise Absent(Missing.INSUFFICIENT)
        return self.frame.filter(
            pl.col("operating"),
            pl.col("direction") == direction,
            pl.col("age").is_between(skip, skip + months - 1),
        )

    def total(self, direction: str, months: int, skip: int = 0) -> float:
        """Fen moved in a window."""
        return float(self.operating(direction, months, skip)["amount_fen"].sum())

    def by_payer(self, direction: str, months: int) -> dict[str, float]:
        """Fen by folded counterparty name; natural persons and nameless rows under ``个人``."""
        rows = self.operating(direction, months).group_by("counterparty_name").agg(pl.col("amount_fen").sum())
        sums: dict[str, float] = {}
        for name, amount in rows.iter_rows():
            key = fold_name(name) if name and name.strip() else INDIVIDUAL
            sums[key] = sums.get(key, 0.0) + float(amount)
        return sums
