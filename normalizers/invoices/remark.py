"""What an invoice says in its 备注 and nowhere else: whom it offsets, and how it is taxed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from normalizers.invoices.printed import DIFFERENCE, EXEMPT, UNTAXED

_ORIGINAL = re.compile(
    r"(?:被红冲蓝字(?:数电)?(?:票|发票)?|对应正数发票|原蓝字发票|蓝字发票)(?:代码[:：]?\s*(\d{10,12})[,，;；\s]*)?号码[:：]?\s*(\d{8,20})"
)
_NOTICE = re.compile(
    r"红字(?:发票)?(?:增值税专用发票)?信息(?:确认单|表)(?:的)?编号[:：]?\s*([0-9A-Za-z]{10,24})"
)
_DIFFERENCE = re.compile(r"差额征税|差额开票")
_WORDS = {"免税": EXEMPT, "不征税": UNTAXED}


@dataclass(frozen=True)
class Offset:
    """The blue invoice that a red one names, and the 红字信息表 or 红字确认单 it was issued under."""

    code: str | None = None
    number: str | None = None
    notice: str | None = None


def offset(remark: str | None) -> Offset:
    """What a remark tells of it."""
    original, notice = _ORIGINAL.search(remark or ""), _NOTICE.search(remark or "")
    return Offset(
        original[1] if original else None,
        original[2] if original else None,
        notice[1] if notice else None,
    )


def regime(remark: str | None, *rates: str | None) -> str | None:
    """差额征税 where a remark or a label says so, 免税 and 不征税 where every line's rate does."""
    if _DIFFERENCE.search(remark or ""):
        return DIFFERENCE
    words = {_WORDS.get((rate or "").strip()) for rate in rates}
    return words.pop() if len(words) == 1 else None
