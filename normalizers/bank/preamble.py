"""What an export says above its headings: whose account it is, its period, balances and own totals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from normalizers.bank.cells import Cell, moment, money, plain
from normalizers.bank.grid import Row
from normalizers.bank.layout import Layout

_SPREAD = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff]\s*:)")
"""``账　号：`` is spread out to fill a line."""
_PAIR = re.compile(r"([\w()/]+)\s*:\s*(.*?)(?=\s+[\w()/]+\s*:|$)", re.DOTALL)
_DAY = re.compile(r"\d{4}(?:[-/.年]?\d{1,2}){2}日?")
_COUNTED = re.compile(r"(\d+)笔\s*([\d,.]+)")
_RECORDS = re.compile(r"共\s*(\d+)\s*(?:笔|条)")


@dataclass
class Preamble:
    """``counted`` are the export's own totals: for ``inward`` and ``outward`` movements and fen."""

    account: str | None = None
    holder: str | None = None
    currency: str | None = None
    opening: int | None = None
    closing: int | None = None
    period: tuple[date, date] | None = None
    records: int | None = None
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)


def preamble(rows: Sequence[Row], layout: Layout) -> Preamble:
    """What is told in known words; everything else above the headings is left alone."""
    told = Preamble()
    roles = {key: role for role, keys in layout.preamble.items() for key in keys}
    for row in rows:
        _period(row, told)
        for key, value in _pairs(row.cells):
            if (role := roles.get(key)) and value:
                _take(told, role, value)
    return told


def _pairs(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """``key: value`` within a cell, or a key whose value stands in the next filled cell."""
    filled = [_SPREAD.sub("", plain(cell)) for cell in cells if plain(cell)]
    pairs = []
    for place, cell in enumerate(filled):
        found = _PAIR.findall(cell)
        if len(found) == 1 and not found[0][1] and place + 1 < len(filled):
            found = [(found[0][0], filled[place + 1])]
        pairs += found
    return [(key, value.strip().strip("[]").strip()) for key, value in pairs]


def _take(told: Preamble, role: str, value: str) -> None:
    if role in ("inward", "outward"):
        if counted := _COUNTED.match(value):
            with suppress(ValueError):
                told.counted[role] = (int(counted[1]), money(counted[2]) or 0)
    elif role in ("opening", "closing"):
        with suppress(ValueError):
            setattr(told, role, money(value))
    elif getattr(told, role) is None:
        setattr(told, role, value)


def _period(row: Row, told: Preamble) -> None:
    joined = " ".join(map(plain, row.cells))
    if counted := _RECORDS.search(joined):
        told.records = int(counted[1])
    days = _DAY.findall(joined)
    if told.period is None and len(days) == 2:
        with suppress(ValueError):
            first, last = moment(days[0]), moment(days[1])
            if first and last and first[0] <= last[0]:
                told.period = first[0], last[0]


def currency_of(printed: str | None, currencies: Mapping[str, str]) -> str | None:
    """The ISO 4217 code of what is printed; None for what is none."""
    if printed is None:
        return None
    known = currencies.get(printed) or currencies.get(printed.split("(")[0])
    return known or (printed if re.fullmatch("[A-Z]{3}", printed) else None)
