"""A delivered file as a frame, typed by the contract: CSV or XLSX, told apart by its content type."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from normalizers import archive, sheet, workbook
from normalizers.contract import Shape, check, lacking
from normalizers.registry import Page
from schema.errors import DataCorrupt
from schema.snapshot import Finding

CSV = "text/csv"
TOTALS = "合计"
"""First cell of a row that sums the column above it."""
_MARK = b"\xef\xbb\xbf"
_QUOTED = re.compile(r'="(.*)"', re.DOTALL)
"""How a CSV keeps Excel from taking an id for a number."""


@dataclass(frozen=True)
class Table:
    """``rows`` has the shape's columns as text and ``row``, the record's number in the file from 1, headings
    included; ``totals`` is the totals row by heading, empty without one."""

    rows: pl.DataFrame
    findings: list[Finding]
    totals: dict[str, str] = field(default_factory=dict)


def table(page: Page, shape: Shape, *, numeric: frozenset[str] = frozenset()) -> Table:
    """The file's records. ``numeric`` columns of a workbook may hold numbers.

    Raises ``DataCorrupt`` for what is no such file, ``ContractChanged`` for other headings.
    """
    if page.raw.content_type == CSV:
        return _from_csv(page, shape)
    _refuse_formulas(page)
    rows, findings = sheet.frame(page, shape, numeric=numeric, unused=frozenset())
    return Table(rows, findings)


def _from_csv(page: Page, shape: Shape) -> Table:
    lines = _lines(page)
    names = [name.strip() for name in lines[0]] if lines else []
    if missing := {*shape.required, *shape.nullable} - set(names):
        raise lacking(shape.name, sorted(missing))
    if len(names) != len(set(names)) or any(len(line) != len(names) for line in lines):
        raise DataCorrupt(f"{page.raw.locator}: rows and headings do not match")
    totals = {}
    if len(lines) > 1 and _plain(lines[-1][0]) == TOTALS:
        totals = dict(zip(names, map(_plain, lines.pop()), strict=True))
    columns = {
        name: pl.Series(name, [_plain(line[place]) or None for line in lines[1:]], dtype=pl.String)
        for place, name in enumerate(names)
        if name
    }
    rows, findings = check(pl.DataFrame(columns), shape, page.raw.dataset)
    numbered = rows.with_columns(pl.int_range(2, 2 + pl.len(), dtype=pl.Int64).alias("row"))
    return Table(numbered, findings, totals)


def _lines(page: Page) -> list[list[str]]:
    """Strict in its encoding: UTF-8 where it is marked, else GB18030, of which GBK is a part."""
    content = page.raw.content
    try:
        text = content.decode("utf-8-sig" if content.startswith(_MARK) else "gb18030")
        return [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except (UnicodeDecodeError, csv.Error):
        raise DataCorrupt(f"{page.raw.locator}: {len(content)} bytes are no CSV in GB18030") from None


def _plain(cell: str) -> str:
    """Without blanks, and without ``="…"`` around it."""
    clean = cell.strip()
    quoted = _QUOTED.fullmatch(clean)
    return quoted[1].strip() if quoted else clean


def _refuse_formulas(page: Page) -> None:
    """A formula's kept result is whatever its author wrote there: workbooks with formulas are not read."""
    try:
        with zipfile.ZipFile(io.BytesIO(page.raw.content)) as book:
            parts = book.infolist()
            _refuse_size(page, parts)
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and _has_formula(book, part):
                    raise DataCorrupt(f"{page.raw.locator}: a workbook with formulas is not read")
    except archive.UNREADABLE:
        size = len(page.raw.content)
        raise DataCorrupt(f"{page.raw.locator}: {size} bytes are no workbook") from None


def _refuse_size(page: Page, parts: Sequence[zipfile.ZipInfo]) -> None:
    if len(parts) > sheet.MOST_PARTS or sum(part.file_size for part in parts) > sheet.MOST_BYTES:
        raise DataCorrupt(f"{page.raw.locator}: a workbook larger than any delivery")


def _has_formula(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    return any(workbook.FORMULA.search(seen) for seen in workbook.windows(book, part))
