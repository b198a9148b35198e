"""Statements for tests: movements that balance, written as any bank would write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import xlsxwriter
from hypothesis import strategies as st

from normalizers.documents import Document, normalize
from schema.money import yuan
from schema.snapshot import Normalized

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAMES = ("上海某某贸易有限公司", "张三", "国家税务总局某某税务局", "Blue Sky, Ltd.", "北京“引号”科技")


@dataclass(frozen=True)
class Entry:
    on: date
    signed: int  # fen
    balance: int
    name: str = NAMES[0]


Cells = Sequence[str | float]
Bank = Callable[[Sequence[Entry]], list[Cells]]
"""Rows of a bank's export, preamble and footer included."""


def entries(amounts: Sequence[int], opening: int = 100_000) -> list[Entry]:
    """A day apart each, every balance right."""
    found, balance = [], opening
    for place, signed in enumerate(amounts):
        balance += signed
        name = NAMES[place % len(NAMES)]
        found.append(Entry(date(2024, 1, 1) + timedelta(days=place), signed, balance, name))
    return found


amounts = st.lists(
    st.integers(-(10**12), 10**12).filter(bool).filter(lambda fen: abs(fen) < 10**12), min_size=1, max_size=12
)


def plain(fen: int) -> str:
    return str(yuan(fen))


def grouped(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"


def columns(entry: Entry, write: Callable[[int], str] = plain, nothing: str = "") -> tuple[str, str]:
    """(out, in)."""
    amount = write(abs(entry.signed))
    return (amount, nothing) if entry.signed < 0 else (nothing, amount)


def as_csv(rows: Sequence[Cells], encoding: str = "gb18030", separator: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n", delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def as_workbook(rows: Sequence[Cells]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                (sheet.write_number if isinstance(cell, float) else sheet.write_string)(number, place, cell)
    return content.getvalue()


def read(content: bytes, name: str = "statement") -> tuple[str, Normalized]:
    """The format and what was read; the name of the file says nothing."""
    reader, found = normalize(Document(name, content, NOW))
    return reader.format, found


def figures(found: Normalized) -> list[tuple[date, int, int | None]]:
    """(day, fen with sign, balance) of each movement, in the order of the file."""
    table = found.tables["bank_transaction"]
    signs = {"in": 1, "out": -1, "neutral": 0}
    return [
        (on, signs[way] * fen, balance)
        for on, way, fen, balance in table.select(
            "event_date", "direction", "amount_fen", "balance_fen"
        ).iter_rows()
    ]


def truth(given: Sequence[Entry]) -> list[tuple[date, int, int | None]]:
    return [(entry.on, entry.signed, entry.balance) for entry in given]


def codes(found: Normalized) -> set[str]:
    return {finding.code for finding in found.findings}


def without_balances(given: Sequence[Entry]) -> list[Entry]:
    return [replace(entry, balance=0) for entry in given]
