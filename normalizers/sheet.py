"""全量发票查询导出结果 as a frame: headings found by content, cells as exact text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from normalizers.contract import Shape, check, lacking
from normalizers.registry import Page
from schema.errors import ContractChanged, DataCorrupt
from schema.snapshot import Finding

PREAMBLE = 20
"""Rows among which the headings are looked for: some versions print a title and the query above them."""
MOST_PARTS, MOST_BYTES = 64, 1 << 30
"""Files in the archive and their size unpacked; beyond that nothing is unpacked."""

Cell = object


def frame(
    page: Page, shape: Shape, *, numeric: frozenset[str], unused: frozenset[str]
) -> tuple[pl.DataFrame, list[Finding]]:
    """The first sheet, by the shape's headings; ``row`` is the spreadsheet's own row number.

    Every column is text. A column in ``numeric`` may hold numbers, which become their shortest exact text; a
    number elsewhere has lost its leading zeros or its last digits, and raises ``ContractChanged``. ``unused``
    headings are known and left out.
    """
    rows = _rows(page)
    wanted = {*shape.required, *shape.nullable}
    top = next((place for place, row in enumerate(rows[:PREAMBLE]) if wanted <= set(row)), None)
    if top is None:
        closest = max(rows[:PREAMBLE], key=lambda row: len(wanted & set(row)), default=())
        raise lacking(shape.name, sorted(wanted - set(closest)))
    names = [str(name).strip() for name in rows[top]]
    columns = list(zip(*rows[top + 1 :], strict=True)) or [()] * len(names)
    texts = [
        _texts(name, column, numeric)
        for name, column in zip(names, columns, strict=True)
        if name and name not in unused
    ]
    found, findings = check(pl.DataFrame(texts), shape, page.raw.dataset)
    first = top + 2
    return found.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("row")), findings


def _rows(page: Page) -> list[Sequence[Cell]]:
    try:
        with zipfile.ZipFile(io.BytesIO(page.raw.content)) as archive:
            parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
            raise DataCorrupt(f"{page.raw.locator}: a spreadsheet larger than any export")
        book = CalamineWorkbook.from_filelike(io.BytesIO(page.raw.content))
        return list(book.get_sheet_by_index(0).to_python(skip_empty_area=False))
    except (CalamineError, zipfile.BadZipFile, IndexError, OSError):
        detail = f"{page.raw.locator}: {len(page.raw.content)} bytes are no spreadsheet"
        raise DataCorrupt(detail) from None


def _texts(name: str, column: Sequence[Cell], numeric: frozenset[str]) -> pl.Series:
    """Empty cells as null. polars prints a float as its shortest text that reads back the same."""
    kinds = {type(cell) for cell in column if cell != ""}
    if not kinds or kinds == {str}:
        return pl.Series(name, [cell or None for cell in column], dtype=pl.String)
    if name not in numeric:
        raise ContractChanged(f"{name} holds {', '.join(sorted(kind.__name__ for kind in kinds))}, not text")
    if kinds <= {int, float}:
        numbers = pl.Series(name, [None if cell == "" else cell for cell in column], dtype=pl.Float64)
        return numbers.cast(pl.String)
    return pl.Series(name, [None if cell == "" else str(cell) for cell in column], dtype=pl.String)
