"""Printed cells of any source, made plain: one way to write an amount, a day, an id.

Nothing here guesses: what is not understood comes back as it was, and is refused where it is converted.
"""

from __future__ import annotations

import re
import unicodedata

_QUOTED = re.compile(r'^="(.*)"$', re.DOTALL)
"""How a CSV keeps Excel from taking an id for a number."""
_DAY = re.compile(
    r"^(\d{4})[年/.-](\d{1,2})[月/.-](\d{1,2})日?(?:[T\s]*(\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?)?$"
)
_PACKED = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$")
_IN_PARENTHESES = re.compile(r"^\((.+)\)$")
_CURRENCY = re.compile(r"^(?P<sign>[+-]?)(?:¥|CNY|RMB)|元$")
HIDDEN = "***"
"""Printed where an amount of tax, or a rate, is not told."""


def plain(cell: str | None) -> str | None:
    """Without blanks around it and without ``="…"``; nothing becomes None."""
    if cell is None:
        return None
    clean = cell.strip().strip("\ufeff\u200b")
    quoted = _QUOTED.match(clean)
    return (quoted[1] if quoted else clean).strip() or None


def digits(cell: str | None) -> str | None:
    """An id or a number: full-width characters as ASCII, without blanks."""
    clean = plain(cell)
    return None if clean is None else re.sub(r"\s+", "", unicodedata.normalize("NFKC", clean)) or None


def money(cell: str | None) -> str | None:
    """``￥１，２３４.50`` and ``1234.50元`` to ``1234.50``, ``(1,234.50)`` to ``-1234.50``, ``***`` to
    None."""
    clean = digits(cell)
    if clean is None or set(clean) == {"*"}:
        return None
    negative = _IN_PARENTHESES.match(clean)
    amount = _CURRENCY.sub(r"\g<sign>", negative[1] if negative else clean).replace(",", "")
    return f"-{amount}" if negative and not amount.startswith("-") else amount


def moment(cell: str | None) -> str | None:
    """A day, with its time where one is printed, as ``2020-07-23`` or ``2020-07-23 08:05:00``."""
    clean = plain(cell)
    if clean is None:
        return None
    ascii_ = re.sub(r"(?<=\D)\s+(?=\d{1,2}\D)|\s+(?=[年月日])", "", unicodedata.normalize("NFKC", clean))
    if packed := _PACKED.match(ascii_):
        year, month, day, *time = packed.groups()
        at = ":".join(time) if all(time) else None
    elif written := _DAY.match(ascii_):
        year, month, day, at = written.groups()
    else:
        return clean
    date = f"{year}-{int(month):02}-{int(day):02}"
    if at is None:
        return date
    hour, minute, second = (*at.split(":"), "00")[:3]
    return f"{date} {int(hour):02}:{minute}:{second}"
