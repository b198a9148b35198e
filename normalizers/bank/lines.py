"""The rows under the headings: movements, what stands between them, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from normalizers.bank.cells import heading, plain
from normalizers.bank.grid import Grid, Row
from normalizers.bank.layout import Head, Layout, Sign
from normalizers.bank.preamble import Preamble, currency_of, preamble
from normalizers.bank.record import Record
from normalizers.bank.statement import UNNAMED, Movement, Statement
from schema.errors import DataCorrupt
from schema.money import yuan

_SPAN = re.compile("^[本当](?:日|周|旬|月|季|年|页|期|次)")
"""What a row of sums is the sum of, when a date stands beside it."""


class Lines:
    """Reads grids of one layout into statements, one for each account and currency. ``found`` are the
    findings, as (code, place and what)."""

    def __init__(self, layout: Layout) -> None:
        self.found: list[tuple[str, str]] = []
        self._layout = layout
        self._held: dict[tuple[str, str | None], Statement] = {}

    def statements(self) -> list[Statement]:
        return list(self._held.values())

    def read(self, grid: Grid, head: Head) -> None:
        """All rows of one grid. Raises with the line or cell."""
        told = preamble(grid.rows[: head.row], self._layout)
        sheet = _Sheet(grid, head, Record(self._layout, head, self.found, []))
        read = sheet.movements()
        movements = [movement for _, movement in read]
        _unsign(movements, head.sign, self.found)
        sheet.check_sums()
        _check_counts(told, movements, self.found)
        place = grid.rows[head.row].place
        if not read:
            self._statement(sheet.record, None, told, place)
        for row, movement in read:
            self._statement(sheet.record, row, told, place).movements.append(movement)
        if len(self._held) == 1:
            only = next(iter(self._held.values()))
            only.opening_balance_fen, only.closing_balance_fen = told.opening, told.closing

    def _statement(self, record: Record, row: Row | None, told: Preamble, place: str) -> Statement:
        """Whose a row is, where it says so, else of whom the whole file is."""
        account, holder, printed = (
            (row and record.text(row, role)) or getattr(told, role)
            for role in ("account", "holder", "currency")
        )
        currency = currency_of(printed or "CNY", self._layout.currencies)
        if currency is None and row is not None:
            self.found.append(("currency_unknown", f"{row.place}: a currency that is not known"))
        key = (account or UNNAMED, currency)
        if key not in self._held:
            start, end = told.period or (None, None)
            self._held[key] = Statement(
                account_id=key[0],
                bank_name=self._layout.bank,
                holder_name=holder,
                currency=currency,
                period_start=start,
                period_end=end,
                pointer=place,
            )
        return self._held[key]


@dataclass(frozen=True)
class _Sums:
    """A row of totals: what it says came in and went out, and the number of movements above it."""

    place: str
    above: int
    inward: int | None
    outward: int | None


@dataclass(frozen=True)
class _Sheet:
    """One grid under its headings."""

    grid: Grid
    head: Head
    record: Record
    read: list[tuple[Row, Movement]] = field(default_factory=list)
    sums: list[_Sums] = field(default_factory=list)

    def movements(self) -> list[tuple[Row, Movement]]:
        rows = self.grid.rows[self.head.row + 1 :]
        for place, row in enumerate(rows):
            cut = place == len(rows) - 1 and not self.grid.whole
            if self._is_sum(row) or (not self.record.dated(row) and self._is_other(row)):
                continue
            if (movement := self.record.movement(row, cut)) is not None:
                self.read.append((row, movement))
        if masked := self.record.masked:
            detail = f"{len(masked)} balances have their digits replaced, the first in {masked[0]}"
            self._note("balance_masked", detail)
        return self.read

    def check_sums(self) -> None:
        """Each row of totals is the sum of all rows above it, or of those since the one before it."""
        since = 0
        for sums in self.sums:
            parts = [self.read[start : sums.above] for start in (0, since)]
            if not any(_agree(sums, [movement for _, movement in part]) for part in parts):
                self._note("totals_differ", f"{sums.place}: the rows above give other sums")
            since = sums.above

    def _is_sum(self, row: Row) -> bool:
        """Whether the row holds sums or a balance carried, wherever it says so: some print a date with
        them."""
        words, dated = self.record.layout.words, self.record.dated(row)
        named = [heading(cell).rstrip(":") for cell in row.cells if isinstance(cell, str)]
        carried = any(name in words.carried for name in named)
        summed = [name for name in named if name.endswith(words.totals)]
        if not carried and not any(not dated or _SPAN.sub("", name) in words.totals for name in summed):
            return False
        self._note("totals_row", f"{row.place}: holds sums or a balance carried")
        if not carried:
            with suppress(DataCorrupt):
                inward, outward = (
                    self.record.money(row, role) if role in self.head.roles else None
                    for role in ("inward", "outward")
                )
                self.sums.append(_Sums(row.place, len(self.read), inward, outward))
        return True

    def _is_other(self, row: Row) -> bool:
        """Whether a row without a day is none of a movement: headings once more, or a note."""
        filled = [plain(cell) for cell in row.cells if plain(cell)]
        notes = self.record.layout.words.notes
        if [heading(cell) for cell in row.cells] == list(self.head.names):
            self._note("headings_again", row.place)
        elif len(filled) <= 1 or (filled[0].startswith(notes) and len(filled) <= 2):
            self._note("text_row", f"{row.place}: text")
        else:
            return False
        return True

    def _note(self, code: str, detail: str) -> None:
        self.record.found.append((code, detail))


def _agree(sums: _Sums, movements: Sequence[Movement]) -> bool:
    return all(
        told is None or told == sum(each.amount_fen for each in movements if each.direction == direction)
        for told, direction in ((sums.inward, "in"), (sums.outward, "out"))
    )


def _unsign(movements: Sequence[Movement], sign: Sign, found: list[tuple[str, str]]) -> None:
    """Amounts become positive. Beside a flag a minus says the same twice when every outgoing amount has one;
    otherwise, and in a column of one direction, it takes a movement back (冲正)."""
    outward = [movement.amount_fen for movement in movements if movement.direction == "out"]
    twice = sign is Sign.FLAG and outward and max(outward) <= 0
    for movement in movements:
        if movement.amount_fen < 0:
            movement.amount_fen = -movement.amount_fen
            if not (twice and movement.direction == "out"):
                movement.direction = {"in": "out", "out": "in"}.get(movement.direction, "neutral")
                found.append(("reversal", f"{movement.pointer}: an amount below zero"))


def _check_counts(told: Preamble, movements: Sequence[Movement], found: list[tuple[str, str]]) -> None:
    """The export's own counts and sums above the headings, against its rows."""
    if told.records not in (None, len(movements)):
        found.append(("totals_differ", f"{len(movements)} rows where the file counts {told.records}"))
    for role, direction in (("inward", "in"), ("outward", "out")):
        if role in told.counted:
            amounts = [each.amount_fen for each in movements if each.direction == direction]
            number, total = told.counted[role]
            if (number, total) != (len(amounts), sum(amounts)):
                ours = f"{direction}: {len(amounts)} rows, {yuan(sum(amounts))}"
                found.append(("totals_differ", f"{ours} where the file says {number}, {yuan(total)}"))
