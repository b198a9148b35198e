"""A statement as PDF with a text layer: its lines and tables as rows, from the top of the first page down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pdfplumber.page import Page

from normalizers import pdftext
from normalizers.bank.cells import heading

_KNOWN_HEADINGS = 3
"""Words of a line that are usual headings, from which on it is taken for the headings of columns."""


def rows(content: bytes, usual: frozenset[str]) -> list[tuple[str, list[str]]]:
    """(``page 1 row 3``, cells) of every page. ``usual`` are the headings by which columns without rules are
    found. Raises as ``pdftext.each_page``."""
    reading = _Reading(usual)
    printed = pdftext.each_page(content, "a statement", reading.page)
    return [
        (f"page {number} row {row}", cells)
        for number, page in enumerate(printed, start=1)
        for row, cells in enumerate(page, start=1)
    ]


class _Reading:
    """Columns without rules go on from page to page under the headings of the first."""

    def __init__(self, usual: frozenset[str]) -> None:
        self._usual = usual
        self._columns: list[tuple[float, float]] = []

    def page(self, page: Page) -> list[list[str]]:
        tables = [
            table for table in page.find_tables() if len(table.rows) > 1 and len(table.rows[0].cells) > 3
        ]
        placed: list[tuple[float, list[str]]] = []
        for table in tables:
            for row, cells in zip(table.rows, table.extract(), strict=True):
                placed.append((row.bbox[1], [(cell or "").replace("\n", "") for cell in cells]))
        outside = page
        for table in tables:
            outside = outside.outside_bbox(table.bbox)
        lines = [(line["top"], line["words"]) for line in _lines(outside.extract_words())]
        if tables:
            placed += [(top, [" ".join(word["text"] for word in words)]) for top, words in lines]
            return [cells for _, cells in sorted(placed, key=lambda each: each[0])]
        return self._unruled([words for _, words in lines])

    def _unruled(self, lines: Sequence[list[dict[str, Any]]]) -> list[list[str]]:
        rows: list[list[str]] = []
        for words in lines:
            if sum(heading(word["text"]) in self._usual for word in words) >= _KNOWN_HEADINGS:
                self._columns = [(word["x0"], word["x1"]) for word in words]
                rows.append([word["text"] for word in words])
            elif not self._columns:
                rows.append([" ".join(word["text"] for word in words)])
            else:
                self._add(rows, words)
        return rows

    def _add(self, rows: list[list[str]], words: Sequence[dict[str, Any]]) -> None:
        """A line of the table; one whose first column is empty goes on with the row above it."""
        cells = [""] * len(self._columns)
        for word in words:
            place = min(range(len(cells)), key=lambda each: _apart(word, self._columns[each]))
            cells[place] = f"{cells[place]} {word['text']}".strip()
        filled = [place for place, cell in enumerate(cells) if cell]
        if cells[0] or not rows or len(rows[-1]) != len(cells) or len(filled) > 2:
            rows.append(cells)
        else:
            for place in filled:
                rows[-1][place] += cells[place]


def _lines(words: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Words whose middles stand at one height, from left to right."""
    lines: list[dict[str, Any]] = []
    for word in sorted(words, key=lambda each: (each["top"] + each["bottom"], each["x0"])):
        middle = (word["top"] + word["bottom"]) / 2
        if lines and abs(middle - lines[-1]["middle"]) < (word["bottom"] - word["top"]) / 2:
            lines[-1]["words"].append(word)
        else:
            lines.append({"top": word["top"], "middle": middle, "words": [word]})
    for line in lines:
        line["words"].sort(key=lambda each: each["x0"])
    return lines


def _apart(word: dict[str, Any], column: tuple[float, float]) -> tuple[float, float]:
    """How far a word stands from a column: 0 where they overlap, then by their middles."""
    gap = max(word["x0"] - column[1], column[0] - word["x1"], 0.0)
    return gap, abs((word["x0"] + word["x1"]) - (column[0] + column[1]))
