"""Exports of banks and wallets as rows under headings: one reader for every layout, and the usual one for
banks that nobody declared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from normalizers.bank.grid import LOOKED_AT, Grid, heads, whole
from normalizers.bank.layout import Head, Layout, head, layouts, titles, usual_headings
from normalizers.bank.lines import Lines
from normalizers.bank.statement import parsed
from normalizers.documents import Document, Reader
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import DataCorrupt, TaxlinkError

_DEPTH = LOOKED_AT + 20


@lru_cache(maxsize=1)
def _found(content: bytes) -> tuple[Layout, Grid] | None:
    """The layout whose headings the file has, the declared ones first, and the way to read it: every reader
    asks this of the file that is being looked at."""
    try:
        tops = [(grid, titles(grid)) for grid in heads(content, _DEPTH, usual_headings())]
    except TaxlinkError:
        return None
    found = ((layout, grid) for layout in layouts() for grid, titled in tops if head(titled, layout))
    return next(found, None)


def recognises(layout: Layout, document: Document) -> bool:
    """Whether the headings are this layout's, and no other's that is declared more closely."""
    found = _found(document.content)
    return found is not None and found[0] is layout


def read(layout: Layout, document: Document) -> Parsed:
    """Every sheet that has the headings; what is not read is told. Raises ``DataCorrupt``, ``DataIncomplete``
    or ``ContractChanged`` with line or cell."""
    found = _found(document.content)
    if found is None or found[0] is not layout:
        raise DataCorrupt(f"{document.name}: the headings of {layout.format} are not there")
    lines = Lines(layout)
    for each, top in _sheets(document.content, layout, found[1], lines):
        lines.read(each, top)
    return parsed(lines.statements(), lines.found)


def _sheets(content: bytes, layout: Layout, grid: Grid, lines: Lines) -> Iterator[tuple[Grid, Head]]:
    for each in whole(content, grid, usual_headings()):
        if top := head(titles(each), layout):
            yield each, top
        elif each.rows:
            lines.found.append(("sheet_unread", f"{each.rows[0].place}: no headings of a statement"))


READERS = tuple(
    Reader(
        format=layout.format,
        version=layout.version,
        dataset=Dataset.BANK_TRANSACTION,
        recognises=partial(recognises, layout),
        read=partial(read, layout),
    )
    for layout in layouts()
)
