"""A workbook's sheets, opened without trust: what it unpacks to and how far its cells lie apart is known
before anything is laid out, and a formula is not read, for its kept result is whatever its author wrote."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, CalamineWorkbook

from normalizers import archive
from schema.errors import DataCorrupt, DocumentLocked

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOOKS = ("xl/workbook.xml", "xl/workbook.bin")
MOST_PARTS, MOST_BYTES, MOST_RATIO = 256, 256 << 20, 400
"""Files in the archive, their size unpacked, and how many times more that is than packed."""
MOST_CELLS = 8_000_000
"""Of a sheet laid out as the rectangle from its first to its last cell."""
_CELL = re.compile(rb'<(?:\w+:)?(?:c|row)\s[^>]*?\br="([A-Z]{0,3})(\d{1,7})"')
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHUNK, _OVERLAP = 1 << 20, 256
_UNREADABLE = (CalamineError, *archive.DAMAGED)


def is_one(content: bytes) -> bool:
    """Whether this is a workbook, of the old binary kind or a new one."""
    if content.startswith(_OLE):
        return _ENCRYPTED not in content
    if not content.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return any(name in _BOOKS for name in book.namelist())
    except _UNREADABLE:
        return False


def is_locked(content: bytes) -> bool:
    """Whether this is an office document that opens with a password alone."""
    return content.startswith(_OLE) and _ENCRYPTED in content


def sheets(content: bytes) -> Iterator[tuple[str, list[tuple[int, Sequence[object]]]]]:
    """The name of each sheet, and its rows with their numbers; an empty cell is ``""``.

    Raises ``DataCorrupt`` for what is no workbook, holds formulas, or unpacks to more than any statement;
    ``DocumentLocked``.
    """
    if is_locked(content):
        raise DocumentLocked("a workbook is protected by a password")
    try:
        if content.startswith(_ZIP):
            _refuse(content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height * sheet.width > MOST_CELLS:
                raise DataCorrupt(f"a sheet of {sheet.height} rows and {sheet.width} columns")
            yield name, list(enumerate(sheet.to_python(skip_empty_area=False), start=1))
    except _UNREADABLE:
        raise DataCorrupt(f"{len(content)} bytes are no workbook") from None
    except RuntimeError:
        raise DocumentLocked("a workbook's parts are encrypted") from None


def _refuse(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = book.infolist()
        size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        if len(parts) > MOST_PARTS or size > MOST_BYTES or size > MOST_RATIO * max(packed, 1 << 12):
            raise DataCorrupt(f"a workbook of {len(parts)} parts unpacks to {size} bytes from {packed}")
        for part in parts:
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                _refuse_sheet(book, part)


def windows(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part unpacked bit by bit, each bit after the end of the one before it, so that no tag is cut."""
    tail = b""
    with book.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


def _refuse_sheet(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    rows = columns = 0
    for seen in windows(book, part):
        if FORMULA.search(seen):
            raise DataCorrupt(f"{part.filename}: a workbook with formulas is not read")
        for column, row in _CELL.findall(seen):
            rows, columns = max(rows, int(row)), max(columns, _number(column))
    if rows * columns > MOST_CELLS:
        raise DataCorrupt(f"{part.filename}: a sheet of {rows} rows and {columns} columns")


def _number(column: bytes) -> int:
    """``A`` is 1."""
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number
