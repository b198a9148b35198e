"""Does each balance follow from the one before it? Pure; a finding for every line that does not, and one for
the amounts that no balance proves."""

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
    if not movements:
        return
    if any(movement.direction == "neutral" and movement.amount_fen for movement in movements):
        yield "unproven_amounts", f"{len(movements)} amounts, some of which went neither in nor out"
        return
    orders = [movements, movements[::-1]]
    if (first := movements[0].event_date) != (last := movements[-1].event_date):
        orders = [movements[::-1]] if first > last else [movements]
    broken, order = min(
        ((list(_breaks(statement, order)), order) for order in orders), key=lambda each: len(each[0])
    )
    yield from broken
    yield from _unproven(statement, order)


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


def _unproven(statement: Statement, movements: Sequence[Movement]) -> Iterator[tuple[str, str]]:
    """Amounts that stand before the first balance told or after the last."""
    told = [place for place, movement in enumerate(movements) if movement.balance_fen is not None]
    first = 0 if statement.opening_balance_fen is not None else told[0] + 1 if told else len(movements)
    last = len(movements) if statement.closing_balance_fen is not None else told[-1] + 1 if told else 0
    if unproven := [*movements[:first], *movements[max(first, last) :]]:
        detail = (
            f"{len(unproven)} amounts without a balance on both sides, the first in {unproven[0].pointer}"
        )
        yield "unproven_amounts", detail


def _told(printed: int, reckoned: int) -> str:
    return f"balance {yuan(printed)} where the lines give {yuan(reckoned)}"
