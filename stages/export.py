"""A table of a snapshot as a file: CSV, JSON, XLSX or Parquet, a piece at a time.

Nothing is written to disk on the way. Money is exact in all of them: integer fen, and beside it the yuan as
decimal text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import orjson
import polars as pl
from polars import selectors

from schema.errors import ExportTooLarge

_ROWS = 5_000
"""Rows a piece."""
_BYTES = 1 << 20
_FORMULA = r"^([=+\-@\t\r])"
XLSX_ROWS = 1_048_575
"""Rows of one sheet beside the header (ECMA-376)."""


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Writer:
    media_type: str
    pieces: Callable[[pl.DataFrame], Iterator[bytes]]


def pieces(frame: pl.DataFrame, format: Format) -> Iterator[bytes]:
    """The table in this format. Raises ``ExportTooLarge``, before the first piece, when the format cannot
    hold so many rows."""
    return WRITERS[format].pieces(with_yuan(frame))


def with_yuan(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns in their order, each ``…_fen`` followed by ``…_yuan`` as decimal text."""
    columns: list[pl.Expr] = []
    for name in frame.columns:
        columns.append(pl.col(name))
        if name.endswith("_fen"):
            columns.append(_yuan(name).alias(f"{name.removesuffix('_fen')}_yuan"))
    return frame.select(columns)


def _yuan(name: str) -> pl.Expr:
    """Integer fen to decimal text, exactly."""
    whole = pl.col(name).abs()
    sign = pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    hundredths = (whole % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str(sign, (whole // 100).cast(pl.String), pl.lit("."), hundredths)


def _csv(frame: pl.DataFrame) -> Iterator[bytes]:
    """UTF-8 with a header. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    words = [name for name in texts if not name.endswith("_yuan")]
    safe = frame.with_columns(pl.col(words).str.replace(_FORMULA, "'$1"))
    yield safe.clear().write_csv().encode()
    for part in safe.iter_slices(_ROWS):
        yield part.write_csv(include_header=False).encode()


def _json(frame: pl.DataFrame) -> Iterator[bytes]:
    """One array of objects."""
    separator = b"["
    for part in frame.iter_slices(_ROWS):
        yield separator + orjson.dumps(part.to_dicts())[1:-1]
        separator = b","
    yield b"[]" if separator == b"[" else b"]"


def _parquet(frame: pl.DataFrame) -> Iterator[bytes]:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    yield from _cut(buffer)


def _xlsx(frame: pl.DataFrame) -> Iterator[bytes]:
    """One sheet. Text stays text: no cell is taken for a formula, a number or a link."""
    import xlsxwriter  # takes a tenth of a second, which only who asks for a sheet waits for

    if frame.height > XLSX_ROWS:
        raise ExportTooLarge(f"{frame.height} rows; a sheet holds {XLSX_ROWS}")
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        frame.with_columns(selectors.datetime(time_zone="UTC").dt.replace_time_zone(None)).write_excel(book)
    yield from _cut(buffer)


def _cut(buffer: io.BytesIO) -> Iterator[bytes]:
    buffer.seek(0)
    while piece := buffer.read(_BYTES):
        yield piece


WRITERS = {
    Format.CSV: Writer("text/csv; charset=utf-8", _csv),
    Format.JSON: Writer("application/json", _json),
    Format.XLSX: Writer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    Format.PARQUET: Writer("application/vnd.apache.parquet", _parquet),
}


def accepted(accept: str) -> Format | None:
    """The file format that an ``Accept`` header asks for; JSON is none: it is what a page is in."""
    for format, writer in WRITERS.items():
        if format is not Format.JSON and writer.media_type.partition(";")[0] in accept:
            return format
    return None
