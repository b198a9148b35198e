"""A cell of an export to a value, exactly. What does not fit raises ``ValueError`` with the reason, never the
value."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from schema.money import fen

Cell = object
"""What a CSV, a workbook or a PDF holds in one place: text, a number, a date or a time."""

_QUOTED = re.compile(r'="([^"]*)"')
"""How a CSV keeps a spreadsheet from taking an id for a number."""
_EMPTY = frozenset({"", "-", "--", "---", "/", "\\", "—", "——", "N/A", "NULL", "无"})
_MASKED = re.compile(r"[*xX]")
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?|\.(\d+)")
_LONGEST = 24
"""Characters of an amount: Int64 fen hold 16 digits of yuan."""
_DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?!\d)")
_TIME = re.compile(r"[T\s\-]*(\d{1,2})[:：]?(\d{2})(?:[:：]?(\d{2})(?:\.\d{1,9})?)?")
_EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's 1900 system, its leap year that never was allowed for."""
_SERIALS = range(20_000, 80_000)
"""Serial numbers that are taken for days: 1954 to 2119."""
_LOST = 10**15
"""A spreadsheet keeps 15 digits of a number; a longer id has lost its end."""


def text(cell: Cell) -> str | None:
    """Without blanks around it, a byte order mark in it, or what protects it from spreadsheets; None when
    empty."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and abs(cell) >= _LOST:
        raise ValueError("is an id that a spreadsheet has shortened")
    clean = str(cell).replace("\ufeff", "").strip().strip("`'").strip()
    if quoted := _QUOTED.fullmatch(clean):
        clean = quoted[1].strip()
    return None if clean in _EMPTY else clean


def heading(cell: Cell) -> str:
    """Without blanks, in half-width forms, without the unit yuan."""
    return re.sub(r"\s|\((?:元|人民币|人民币元|CNY|RMB)\)$", "", plain(cell))


def plain(cell: Cell) -> str:
    """In half-width forms, cleaned as ``text``; empty for None."""
    clean = str(cell).replace("\ufeff", "").strip().strip("`'").strip()
    if quoted := _QUOTED.fullmatch(clean):
        clean = quoted[1]
    return unicodedata.normalize("NFKC", clean).strip()


def masked(cell: Cell) -> bool:
    """Whether digits were replaced before the file was handed over."""
    return isinstance(cell, str) and _MASKED.search(plain(cell)) is not None


def money(cell: Cell) -> int | None:
    """Fen, negative with a minus before or behind, or in parentheses; None when empty.

    A workbook's number counts with the 15 digits that a spreadsheet shows. Raises ``ValueError`` for what is
    no amount, for thousands that are not grouped by three, and for fractions of a fen.
    """
    if isinstance(cell, bool):
        raise ValueError("is no amount of money")
    if isinstance(cell, (int, float)):
        return fen(format(cell, ".15g") if isinstance(cell, float) else cell)
    printed = plain(cell)
    if printed in _EMPTY:
        return None
    bare = re.sub(r"^(?:CNY|RMB|人民币|[¥$])|元$|\s", "", printed).replace("−", "-")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if negative else bare
    for sign in "+-":
        if bare.startswith(sign) != bare.endswith(sign) and not negative:
            bare, negative = bare.removeprefix(sign).removesuffix(sign), sign == "-"
            break
    bare = re.sub(r"^(?:CNY|RMB|[¥$])", "", bare)
    if len(bare) > _LONGEST or not _AMOUNT.fullmatch(bare):
        raise ValueError("is no amount of money")
    return -fen(bare) if negative else fen(bare)


def moment(cell: Cell) -> tuple[date, time | None] | None:
    """The day, and the time where one is printed; None when empty. Days are printed year first; a bare number
    is a spreadsheet's serial. Raises ``ValueError``."""
    if isinstance(cell, datetime):
        return cell.date(), cell.time() if cell.time() != time() else None
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _serial(float(cell)) if cell < _SERIALS.stop else moment(format(cell, ".15g"))
    printed = plain(cell)
    if printed in _EMPTY:
        return None
    if re.fullmatch(r"\d{5}(?:\.\d+)?", printed):
        return _serial(float(printed))
    if not (found := _DAY.match(printed)) and not (found := _compact(printed)):
        raise ValueError("is no date")
    parts = [int(part) for part in (found[1], *found.groups()[2:]) if part]
    return _day(*parts), clock(printed[found.end() :])


def clock(cell: Cell) -> time | None:
    """The time of day; None when empty. Raises ``ValueError``."""
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, timedelta):
        return (datetime.min + cell).time()
    if isinstance(cell, float) and 0 <= cell < 1:
        return (datetime.min + timedelta(seconds=round(cell * 86_400))).time()
    printed = plain(cell)
    if printed in _EMPTY:
        return None
    if not (found := _TIME.fullmatch(printed)):
        raise ValueError("is no time")
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("is no time")
    return time(hour, minute, second)


def _compact(printed: str) -> re.Match[str] | None:
    """``20250101185319``: day and time without anything between them."""
    return re.match(r"(\d{4})()(\d{2})(\d{2})(?=\d{6}$)", printed)


def _serial(number: float) -> tuple[date, time | None]:
    if int(number) not in _SERIALS:
        raise ValueError("is no date")
    seconds = round((number - int(number)) * 86_400)
    at = (datetime.min + timedelta(seconds=seconds)).time() if 0 < seconds < 86_400 else None
    return _EPOCH + timedelta(days=int(number)), at


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("is no date") from None
