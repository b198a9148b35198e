"""What a list of invoices is printed in, and how its cells become columns: for as many rows as there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import polars as pl

from schema.errors import ContractChanged

HEADINGS: dict[str, tuple[str, ...]] = {
    "owner": ("企业代号",),
    "serial": ("序号",),
    "code": ("发票代码",),
    "digital_number": ("数电发票号码", "数电票号码", "全电发票号码"),
    "number": ("发票号码",),
    "issued": ("开票日期", "开票时间"),
    "seller_id": (
        "销方识别号",
        "销方税号",
        "销售方识别号",
        "销售方纳税人识别号",
        "销方纳税人识别号",
        "销方单位代号",
    ),
    "seller_name": ("销方名称", "销售方名称", "销售方纳税人名称"),
    "buyer_id": (
        "购方识别号",
        "购方税号",
        "购买方识别号",
        "购买方纳税人识别号",
        "购方纳税人识别号",
        "购方单位代号",
    ),
    "buyer_name": ("购买方名称", "购方名称", "购买方纳税人名称"),
    "amount": ("金额", "合计金额", "不含税金额"),
    "tax": ("税额", "合计税额"),
    "total": ("价税合计", "价税合计金额"),
    "state": ("发票状态",),
    "kind": ("发票票种", "发票类型", "票种"),
    "remark": ("备注",),
    "original_number": ("蓝字发票号码", "对应蓝字发票号码", "被红冲蓝字发票号码"),
    "item_name": ("货物或应税劳务名称", "商品名称", "项目名称"),
    "tax_class": ("税收分类编码", "商品编码"),
    "specification": ("规格型号",),
    "unit": ("单位", "计量单位"),
    "quantity": ("数量",),
    "unit_price": ("单价",),
    "tax_rate": ("税率", "税率/征收率"),
}
UNUSED = frozenset(
    {
        *("特定业务类型", "发票来源", "是否正数发票", "发票风险等级", "开票人", "勾选状态", "勾选时间"),
        *("有效抵扣税额"),
    }
)
"""Headings that the schema has no column for; they are known, so they are no findings."""
NUMERIC = frozenset({"serial", "quantity", "unit_price", "tax_rate", "amount", "tax", "total"})
"""What a workbook may keep as numbers. An id kept as one has lost its zeros or its last digits."""
TOTALS = r"^\s*(?:合\s*计|总\s*计|小\s*计)"
_EPOCH = datetime(1899, 12, 30)
"""Day 0 of a spreadsheet's serial dates, its leap year that never was allowed for."""
_CLOCK = r"(?:[T\s]*(?<time>\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?)?$"
_SPREAD = r"^(?<year>\d{4})\s*[年/.\-]\s*(?<month>\d{1,2})\s*[月/.\-]\s*(?<day>\d{1,2})\s*日?" + _CLOCK
_PACKED = r"^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})" + _CLOCK
_SERIAL = r"^[2-7]\d{4}(?:\.\d+)?$"
"""Days from 1954 to 2118, as a spreadsheet counts them."""
_WIDE = {chr(0xFF01 + code): chr(0x21 + code) for code in range(94)} | {"\u3000": " ", "￥": "¥"}


def strangers(row: Sequence[object]) -> list[str]:
    """Headings that nobody knows."""
    known = {name for names in HEADINGS.values() for name in names} | UNUSED
    return [cell for cell in _headings(row) if cell and cell not in known]


def _headings(row: Sequence[object]) -> list[str]:
    return ["".join(str(cell).split()).replace("（元）", "").replace("(元)", "") for cell in row]


def named(row: Sequence[object]) -> dict[str, int]:
    """The columns of a row of headings, by our fields; empty for a row that heads no list of invoices."""
    cells = _headings(row)
    found = {
        field: cells.index(name) for field, names in HEADINGS.items() for name in names[::-1] if name in cells
    }
    numbered = "number" in found or "digital_number" in found
    return found if numbered and {"issued", "amount", "tax"} <= set(found) else {}


def texts(field: str, cells: Sequence[object]) -> pl.Series:
    """Cells as exact text, empty ones null. Raises ``ContractChanged`` for an id kept as a number."""
    if all(isinstance(cell, str) for cell in cells):
        return _stripped(pl.Series(field, cells, dtype=pl.String))
    if field == "issued":
        return pl.Series(field, [_day(cell) for cell in cells], dtype=pl.String)
    if field not in NUMERIC and any(isinstance(cell, (int, float)) for cell in cells):
        raise ContractChanged(f"{field} is kept as a number, which has lost its zeros or its end")
    return pl.Series(field, [_printed(cell) for cell in cells], dtype=pl.String)


def ascii_(column: pl.Series) -> pl.Series:
    """Full-width digits and signs as ASCII, without blanks."""
    return column.str.replace_many(list(_WIDE), list(_WIDE.values())).str.replace_all(r"\s", "")


def money(column: pl.Series) -> pl.Series:
    """As ``text.money``, in a column."""
    clean = ascii_(column).str.replace_all(r"[¥,]|元$|CNY|RMB", "")
    shown = clean.set(clean.str.contains(r"^\*+$").fill_null(value=False), None)
    return shown.str.replace(r"^\((.+)\)$", "-$1")


def moments(column: pl.Series) -> pl.Series:
    """As ``text.moment``, in a column; a bare number is a spreadsheet's serial, and what is none of these
    comes back as it was."""
    clean = column.str.replace_many(list(_WIDE), list(_WIDE.values())).str.strip_chars()
    ways = [
        clean.str.extract_groups(way).struct.unnest().select(_moment()).to_series()
        for way in (_SPREAD, _PACKED)
    ]
    serial = clean.set(~clean.str.contains(_SERIAL), None).cast(pl.Float64)
    elapsed = ((serial * 86_400).round().cast(pl.Int64) * 1_000_000).cast(pl.Duration("us"))
    counted = (pl.lit(_EPOCH) + elapsed).dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return pl.select(pl.coalesce(*ways, counted, clean).alias(column.name)).to_series()


def _moment() -> pl.Expr:
    """Of the groups year, month, day and time; null where they are."""
    short = pl.col("time").str.count_matches(":") == 1
    time = pl.when(short).then(pl.col("time") + ":00").otherwise(pl.col("time")).str.zfill(8)
    return pl.format(
        "{}-{}-{}{}",
        "year",
        pl.col("month").str.zfill(2),
        pl.col("day").str.zfill(2),
        pl.when(pl.col("time").is_null()).then(pl.lit("")).otherwise(pl.lit(" ") + time),
    )


def _stripped(column: pl.Series) -> pl.Series:
    clean = (
        column.str.strip_chars(" \t\r\n\u3000\ufeff'").str.replace(r'(?s)^="(.*)"$', "$1").str.strip_chars()
    )
    return clean.set(clean == "", None)


def _printed(cell: object) -> str | None:
    """A number by its shortest text that reads back the same, never with an exponent."""
    if isinstance(cell, float):
        return f"{int(cell)}" if cell.is_integer() else _plain(cell)
    return str(cell).strip() or None


def _plain(number: float) -> str:
    text = repr(number)
    return text if "e" not in text else f"{number:.15f}".rstrip("0")


def _day(cell: object) -> str | None:
    """A serial number counts days from 1899-12-30, its fraction the time."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        cell = _EPOCH + timedelta(seconds=round(cell * 86_400))
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == time.min else f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell.isoformat() if isinstance(cell, date) else (str(cell).strip() or None)
