"""One row under the headings to a movement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import TypeVar

from normalizers.bank.cells import Cell, clock, heading, masked, moment, money, plain, text
from normalizers.bank.grid import LOST, Row
from normalizers.bank.layout import Head, Layout, Sign
from normalizers.bank.statement import Movement
from schema.errors import ContractChanged, DataConflict, DataCorrupt, DataIncomplete

_TEXTS = (
    *("counterparty_name", "counterparty_account", "counterparty_bank"),
    *("summary", "purpose", "reference", "channel"),
)
_FIGURES = frozenset({"amount", "inward", "outward", "balance"})
T = TypeVar("T")


@dataclass(frozen=True)
class Record:
    """Raises ``DataCorrupt`` and its kin with the line or cell and the heading. ``found`` takes findings,
    ``masked`` the places of balances whose digits are replaced."""

    layout: Layout
    head: Head
    found: list[tuple[str, str]]
    masked: list[str]

    def movement(self, row: Row, cut: bool) -> Movement | None:
        """None for a day without an amount. ``cut`` where the file ends within this row. An amount may still
        be negative."""
        at = self.moment(row)
        if at is None:
            raise DataCorrupt(f"{row.place}: {self._name('date')} is empty")
        self._refuse_width(row, cut)
        amount = self._amount(row)
        if amount is None:
            self.found.append(("row_without_amount", f"{row.place}: a day without an amount"))
            return None
        direction, fen = amount
        movement = Movement(row.place, at[0], direction, fen, self._balance(row), at[1])
        value = self._converted(row, "value_date", moment)
        movement.value_date = value[0] if value else None
        for role in _TEXTS:
            setattr(movement, role, self.text(row, role))
        movement.state = self._state(row)
        if any(LOST in str(cell) for cell in row.cells):
            self.found.append(("stray_bytes", f"{row.place}: bytes that are no character"))
        return movement

    def dated(self, row: Row) -> bool:
        """Whether the row begins with a day, as movements do."""
        try:
            return moment(self.cell(row, "date")) is not None
        except ValueError:
            return False

    def moment(self, row: Row) -> tuple[date, time | None] | None:
        """The day, and the time from its own column where the day has none."""
        at = self._converted(row, "date", moment)
        if at is None or at[1] is not None:
            return at
        try:
            return at[0], clock(self.cell(row, "time"))
        except ValueError:
            both = self._converted(row, "time", moment)
            return at[0], both[1] if both else None

    def money(self, row: Row, role: str) -> int | None:
        return self._converted(row, role, money)

    def text(self, row: Row, role: str) -> str | None:
        """An id that a spreadsheet has shortened is told and left out."""
        try:
            return text(self.cell(row, role))
        except ValueError as error:
            self.found.append(("id_shortened", f"{row.place}: {self._name(role)} {error}"))
            return None

    def cell(self, row: Row, role: str) -> Cell:
        place = self.head.roles.get(role)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def _amount(self, row: Row) -> tuple[str, int] | None:
        """Direction and fen; None where no amount stands."""
        if self.head.sign is Sign.COLUMNS:
            inward, outward = self.money(row, "inward"), self.money(row, "outward")
            if inward and outward:
                raise DataConflict(f"{row.place}: an amount on both sides")
            if inward is None and outward is None:
                return None
            return ("in", inward) if inward else ("out", outward) if outward else ("neutral", 0)
        if (amount := self.money(row, "amount")) is None:
            return None
        if self.head.sign is Sign.SIGNED:
            return ("out", -amount) if amount < 0 else ("in", amount)
        return self._direction(row), amount

    def _direction(self, row: Row) -> str:
        printed = heading(self.cell(row, "flag")).upper()
        words = self.layout.words
        known = (("in", words.inward), ("out", words.outward), ("neutral", words.neutral))
        for direction, said in known:
            if printed in said:
                return direction
        raise ContractChanged(f"{row.place}: {self._name('flag')} is a word that is not known")

    def _balance(self, row: Row) -> int | None:
        if masked(self.cell(row, "balance")):
            self.masked.append(row.place)
            return None
        return self.money(row, "balance")

    def _state(self, row: Row) -> str:
        printed, words = self.text(row, "state") or "", self.layout.words
        return "closed" if printed in words.closed else "pending" if printed in words.pending else "booked"

    def _refuse_width(self, row: Row, cut: bool) -> None:
        """A row has the cells that the headings have; behind the last figure some may be missing."""
        width = len(self.head.names)
        if any(plain(cell) for cell in row.cells[width:]):
            raise DataCorrupt(f"{row.place}: {len(row.cells)} cells under {width} headings")
        named = max(place for place, name in enumerate(self.head.names) if name) + 1
        if cut and len(row.cells) < named:
            raise DataIncomplete(f"{row.place}: the file ends within a row")
        last = max(place for role, place in self.head.roles.items() if role in _FIGURES | {"flag"})
        if len(row.cells) <= last:
            raise DataIncomplete(f"{row.place}: {len(row.cells)} cells under {width} headings")
        if cut and len(row.cells) == last + 1 == named:
            self.found.append(("ends_in_a_figure", f"{row.place}: the file may have been cut here"))

    def _converted(self, row: Row, role: str, convert: Callable[[Cell], T]) -> T:
        try:
            return convert(self.cell(row, role))
        except ValueError as error:
            raise DataCorrupt(f"{row.place}: {self._name(role)} {error}") from None

    def _name(self, role: str) -> str:
        return self.head.names[self.head.roles[role]]
