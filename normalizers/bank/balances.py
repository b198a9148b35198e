"""Does each balance follow from the one before it? Pure; a finding for every line that does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from normalizers.bank.statement import Movement, Statement

from schema.money import yuan


def off(statement: Statement) -> Iterator[tuple[str, str]]:
    """(code, detail) of every break: from the opening balance through every line that prints one to the
    closing balance. Files run from the oldest entry to the newest or the other way."""
    movements = statement.movements
    if any(movement.direction == "neutral" and movement.amount_fen for movement in movements):
        return  # a wallet moves money between its own pockets without saying which way
    orders = [movements, movements[::-1]]
    if len(movements) > 1 and (first := movements[0].event_date) != (last := movements[-1].event_date):
        orders = [movements[::-1]] if first > last else [movements]
    breaks = [list(_breaks(statement, order)) for order in orders]
    yield from min(breaks, key=len)


def _breaks(statement: Statement, movements: Sequence[Movement]) -> Iterator[tuple[str, str]]:
    running = statement.opening_balance_fen
    for movement in movements:
        printed = movement.balance_fen
        if running is not None:
            running += movement.effect
            if printed is not None and printed != running:
                yield "balance_breaks", f"{movement.pointer}: {_told(printed, running)}"
        if printed is not None:
            running = printed
    closing = statement.closing_balance_fen
    if closing is not None and running is not None and closing != running:
        yield "balance_breaks", f"{statement.pointer}: closing {_told(closing, running)}".lstrip(": ")


def _told(printed: int, reckoned: int) -> str:
    return f"balance {yuan(printed)} where the lines give {yuan(reckoned)}"
