"""An invoice from its text alone: labels with their values, the table of items, the sums below it.

Both generations print the same labels. The buyer stands before the seller, beside or above; where a label
says whose it is, that counts. Between the characters of a label may be blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from normalizers.invoices.printed import Invoice, Line
from normalizers.invoices.remark import offset, regime

_ID = "(?:统一社会信用代码/?)?(?:纳税人)?识别号"
_LABELS = {
    "code": "发票代码",
    "number": "(?:数电)?(?:发票|票)号码",
    "issued": "开票日期",
    "buyer_name": "购(?:买|货)?(?:单位|方)名称",
    "buyer_id": f"购(?:买|货)?(?:单位|方){_ID}",
    "seller_name": "销(?:售|货)?(?:单位|方)名称",
    "seller_id": f"销(?:售|货)?(?:单位|方){_ID}",
    "party_name": "名称",
    "party_id": f"统一社会信用代码/纳税人识别号|{_ID}",
    "amount": "合计金额|金额合计|不含税金额",
    "tax": "合计税额|税额合计|税额",
    "total": "价税合计",
    "remark": "备注",
    "": "校验码|机器编号|地址、?电话|开户行及账号|开户银行|银行账号|收款人|复核人?|开票人|密码区",
}
"""Alternatives of each; whatever has the empty name ends the value before it."""
_AMOUNT = r"-?[¥￥]?\s*[(（]?-?[\d,]+(?:\.\d+)?[)）]?"
_SMALL = re.compile(rf"小\s*写\s*[)）]?\s*[:：]?\s*({_AMOUNT})")
_SUMS = re.compile(rf"^\s*合\s*计\s+({_AMOUNT})\s+({_AMOUNT}|\*+)\s*$", re.MULTILINE)
_HEADINGS = re.compile(r"(?:项目名称|货物或应税劳务、?服务名称)[^\n]*?税\s*率[^\n]*?税\s*额", re.DOTALL)
_TABLE_ENDS = re.compile(r"^\s*(?:小\s*计|合\s*计|价\s*税\s*合\s*计|税\s*额\s*[:：])")
_RATE = re.compile(r"^(?:\d+(?:\.\d+)?%|免税|不征税|\*+)$")
_FIGURE = re.compile(r"^-?[\d,]+(?:\.\d+)?$")
_TAX = re.compile(rf"^(?:{_AMOUNT}|\*+)$")
_STRAY = re.compile(r"\s+[购买销售货方单位信息密码区备注]$")
"""The characters of a heading that runs down the page beside the value."""
_ID_VALUE = re.compile(r"^[0-9A-Za-z]{6,20}")


def invoice(text: str) -> Invoice:
    """What the text of a document tells."""
    broken = _HEADINGS.sub(lambda match: f"\n{match[0]}\n", text)
    broken = _LABEL.sub(lambda match: f"\n{match[0]}", broken)
    told: dict[str, list[str]] = {}
    for name, value in _values(broken):
        told.setdefault(name, []).append(value)
    names, ids = told.get("party_name", []), told.get("party_id", [])
    sums, small = _SUMS.search(broken), _SMALL.search(broken)
    lines = _lines(broken)
    original = offset(broken)
    return Invoice(
        pointer="text",
        code=_first(told, "code"),
        number=_first(told, "number"),
        issued=_first(told, "issued"),
        amount=sums[1] if sums else _first(told, "amount"),
        tax=sums[2] if sums else _first(told, "tax"),
        total=small[1] if small else _first(told, "total"),
        kind=_kind(broken),
        buyer_name=_first(told, "buyer_name") or _at(names, 0),
        buyer_id=_id(_first(told, "buyer_id") or _at(ids, 0)),
        seller_name=_first(told, "seller_name") or _at(names, 1),
        seller_id=_id(_first(told, "seller_id") or _at(ids, 1)),
        original_code=original.code,
        original_number=original.number,
        red_notice=original.notice,
        regime=regime(broken, *(line.tax_rate for line in lines)),
        lines=lines,
    )


def _spaced(label: str) -> str:
    """Blanks allowed between the characters that are printed, not within a group's own marks."""
    return re.sub(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", r"\\s*", label)


_LABEL = re.compile(
    f"(?:{'|'.join(f'(?P<n{place}>{_spaced(label)})' for place, label in enumerate(_LABELS.values()))})"
    r"(?=\s*[:：])"
)
_NAMES = tuple(_LABELS)


def _values(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _LABEL.match(line):
            place = next(place for place in range(len(_NAMES)) if match[f"n{place}"] is not None)
            value = _STRAY.sub("", line[match.end() :].lstrip(" \t:：").strip())
            yield _NAMES[place], value


def _lines(text: str) -> list[Line]:
    """A row an item, on one page or on several. Text that belongs to no row continues the name before it."""
    found: list[Line] = []
    within = False
    for number, row in enumerate(text.splitlines(), 1):
        if _HEADINGS.search(row):
            within = True
        elif _TABLE_ENDS.match(row):
            within = False
        elif within and row.strip():
            line = _piped(row, number) if "|" in row else _spread(row, number)
            if line is not None:
                found.append(line)
            elif found:
                found[-1] = replace(found[-1], item_name=f"{found[-1].item_name or ''}{row.strip()}")
    return found


def _piped(row: str, number: int) -> Line | None:
    cells = [cell.strip() or None for cell in row.split("|")]
    return Line(f"text:{number}", *_ordered(cells)) if len(cells) == 8 else None


def _ordered(cells: Sequence[str | None]) -> tuple[str | None, ...]:
    """From the printed order to the fields of ``Line``."""
    name, specification, unit, quantity, price, amount, rate, tax = cells
    return name, None, specification, unit, quantity, price, rate, amount, tax


def _spread(row: str, number: int) -> Line | None:
    """Cells apart by blanks, read from the right: tax, rate, amount, price, quantity, unit, specification."""
    *before, amount, rate, tax = ["", "", "", *row.split()]
    if not (_RATE.match(rate) and _TAX.match(tax) and _FIGURE.match(amount.lstrip("¥￥"))):
        return None
    cells = [cell for cell in before if cell]
    name, rest = (cells[0], cells[1:]) if cells else (None, [])
    figures: list[str] = []
    while rest and _FIGURE.match(rest[-1]) and len(figures) < 2:
        figures.append(rest.pop())
    price, quantity = (*figures, None, None)[:2] if len(figures) == 2 else (None, _at(figures, 0))
    unit = rest.pop() if rest else None
    return Line(
        f"text:{number}", *_ordered((name, " ".join(rest) or None, unit, quantity, price, amount, rate, tax))
    )


def _kind(text: str) -> str | None:
    title = re.search(r"(专\s*用|普\s*通)\s*发\s*票", text)
    return None if title is None else ("special" if title[1].startswith("专") else "ordinary")


def _first(told: dict[str, list[str]], name: str) -> str | None:
    return next((value for value in told.get(name, []) if value), None)


def _at(values: Sequence[str], place: int) -> str | None:
    return (values[place] or None) if place < len(values) else None


def _id(value: str | None) -> str | None:
    match = _ID_VALUE.match(value or "")
    return match[0] if match else None
