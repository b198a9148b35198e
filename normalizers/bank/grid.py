"""A file of rows, whatever wraps them: CSV in any encoding and separator, a workbook, or a page of HTML that
calls itself one.

A text may be read in several ways; each is a candidate, and the headings decide. Nothing is guessed from a
file's name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from lxml import etree, html

from normalizers import pdftext, workbook
from normalizers.bank import printed
from normalizers.bank.cells import Cell, heading
from schema.errors import DataCorrupt, DataIncomplete

SEPARATORS = (",", "\t", ";", "|", "\x1b")
_ENCODINGS = ("utf-8", "gb18030")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NO_TEXT = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00")
LOST = "\ufffd"
"""Stands where a byte belongs to no character."""
_PADDED = re.compile(r'"[ \t]+(?=[,;|\x1b\n]|\Z)')
"""Blanks between a closing quote and the separator keep spreadsheets from taking an id for a number."""
WIDEST = 100
LOOKED_AT = 60
"""Rows from the top among which the headings are looked for."""
_HEAD_BYTES = 1 << 16
_HTML = (b"<html", b"<table", b"<!doctype html")


@dataclass(frozen=True)
class Row:
    """``place`` is what a person looks for: ``line 12`` of a text, ``sheet 1 row 12`` of a workbook."""

    place: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Grid:
    """``whole`` is False for a text that ends within a line."""

    rows: list[Row]
    whole: bool = True
    encoding: str = ""
    separator: str = field(default="", repr=False)

    @cached_property
    def top(self) -> list[list[str]]:
        """The first rows as headings; none of one that is wider than any export."""
        rows = self.rows[:LOOKED_AT]
        return [[heading(cell) for cell in row.cells] if len(row.cells) < WIDEST else [] for row in rows]


def heads(content: bytes, rows: int, usual: frozenset[str]) -> Iterator[Grid]:
    """The first rows, in every way that the content can be read; ``usual`` headings show the columns of a
    PDF. Empty for what holds no rows."""
    if content.startswith(_NO_TEXT) or _is_html(content):
        yield from (Grid(grid.rows[:rows]) for grid in _wrapped(content, usual))
        return
    head = content[:_HEAD_BYTES]
    for encoding, text in _decoded(head[: head.rfind(b"\n") + 1] if len(content) > len(head) else head):
        for separator in SEPARATORS:
            found: list[Row] = []
            with suppress(DataCorrupt, DataIncomplete):  # which reading all rows will meet again
                found.extend(islice(_lines(text, separator), rows))
            yield Grid(found, encoding=encoding, separator=separator)


def whole(content: bytes, head: Grid, usual: frozenset[str]) -> Iterator[Grid]:
    """All rows, as the candidate ``head`` reads them: a text is one grid, a workbook one for each sheet.

    Raises ``DataCorrupt`` or ``DataIncomplete`` for a text whose quotes do not match.
    """
    if not head.encoding:
        yield from _wrapped(content, usual)
        return
    text = content.decode(head.encoding, errors="replace")
    rows = list(_lines(text, head.separator))
    yield Grid(rows, text.endswith(("\n", "\r")), encoding=head.encoding, separator=head.separator)


def _decoded(content: bytes) -> Iterator[tuple[str, str]]:
    """Strict readings first; with a stray byte neither is, and both are tried as they are."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            yield encoding, content.decode(encoding, errors="replace")
            return
    for encoding in _ENCODINGS:
        yield encoding, content.decode(encoding, errors="replace")


def _lines(text: str, separator: str) -> Iterator[Row]:
    """Newlines of any kind; a byte order mark in the middle is of no meaning. Blank lines are left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "").replace("\x00", "")
    if separator != "\t":
        plain = _PADDED.sub('"', plain)
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(f"line {reader.line_num}", cells)
    except csv.Error as error:
        ended = "end of data" in str(error)
        detail = f"line {reader.line_num}: " + (
            "the file ends within a cell" if ended else "quotes in a cell"
        )
        raise (DataIncomplete if ended else DataCorrupt)(detail) from None


def _wrapped(content: bytes, usual: frozenset[str]) -> Iterator[Grid]:
    if _is_html(content):
        yield from _pages(content)
    elif pdftext.is_one(content):
        yield Grid([Row(place, cells) for place, cells in printed.rows(content, usual) if any(cells)])
    elif workbook.is_one(content):
        for number, (_, rows) in enumerate(workbook.sheets(content), start=1):
            numbered = [Row(f"sheet {number} row {row}", cells) for row, cells in rows]
            yield Grid([row for row in numbered if any(cell != "" for cell in row.cells)])


def _is_html(content: bytes) -> bool:
    return content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML)


def _pages(content: bytes) -> Iterator[Grid]:
    """The rows of every table, without network and without scripts."""
    text = next(iter(_decoded(content)))[1]
    if LOST in text:
        text = content.decode("gb18030", errors="replace")
    try:
        page = html.document_fromstring(text, parser=html.HTMLParser(no_network=True, recover=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return
    rows = [
        Row(f"row {number}", [" ".join(cell.itertext()).strip() for cell in row.iterchildren("td", "th")])
        for number, row in enumerate(page.iter("tr"), start=1)
    ]
    yield Grid([row for row in rows if any(row.cells)])
