"""A file as somebody hands it over: one document, or a ZIP of several. Each is read by itself, and one that
cannot be read keeps none of the others back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import polars as pl

from normalizers import archive, workbook
from normalizers.documents import Document, Reader, normalize
from schema.errors import DataCorrupt, DataIncomplete, TaxlinkError
from schema.snapshot import Normalized

PARTS_OF = {"OFD.xml", "[Content_Types].xml"}
"""Parts by which a ZIP is a document of its own."""
_OTHERS = (b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\x00")
"""An empty ZIP, gzip, 7z, RAR, bzip2, xz."""
_DAYS = ("event_date", "issued_at", "period_start", "period_end")
_SUMMED = {"invoice": ("amount_fen", "tax_fen", "total_fen"), "bank_transaction": ("amount_fen",)}


@dataclass(frozen=True)
class Outcome:
    """What became of one document: what it holds, or why it could not be read."""

    document: Document
    reader: Reader | None = None
    normalized: Normalized | None = None
    error: TaxlinkError | None = None


@dataclass(frozen=True)
class Summary:
    """``rows`` of each table; the first and last ``days``; ``sums`` in fen by direction and
    currency, where they are told, and column, without what is void or was never booked."""

    rows: dict[str, int]
    days: tuple[str, str] | None
    sums: dict[str, dict[str, int]]


def read(document: Document) -> list[Outcome]:
    """Every document in the file. A ZIP that cannot be opened is one outcome with its error."""
    try:
        given = list(documents(document))
    except TaxlinkError as error:
        return [Outcome(document, error=error)]
    return [_read(each) for each in given]


def documents(document: Document) -> Iterator[Document]:
    """The file itself, or each file within it when it is a ZIP of files, under the name ``a.zip/b.csv``.

    Raises ``DocumentLocked`` for an encrypted ZIP, ``DataCorrupt`` for one that breaks a limit, is none, or
    is packed in another way, ``DataIncomplete`` for one without files.
    """
    if not is_packed(document.content):
        yield document
        return
    if not document.content.startswith(archive.SIGNATURE):
        raise DataCorrupt(f"{document.name}: of archives, ZIP with files in it alone is opened")
    packed = archive.Archive(document.content, document.name)
    names = [name for name in packed.names if not name.endswith("/")]
    if not names:
        raise DataIncomplete(f"{document.name}: an archive without files")
    for name in names:
        shown = f"{document.name}/{PurePosixPath(_named(name)).name}"
        yield replace(document, name=shown, content=packed.read(name))


def is_packed(content: bytes) -> bool:
    """Whether this is an archive, and no document of a kind that is packed as one."""
    if not content.startswith((archive.SIGNATURE, *_OTHERS)) or workbook.is_one(content):
        return False
    return not any(archive.holds(content, part) for part in PARTS_OF)


def check_single(document: Document) -> None:
    """Raises ``DataCorrupt`` for an archive, where one was opened already."""
    if is_packed(document.content):
        raise DataCorrupt(f"{document.name}: an archive within an archive is not opened")


def summary(found: Normalized) -> Summary:
    """What a person wants to know at a glance."""
    tables = {name: table for name, table in found.tables.items() if table.height}
    rows = {name: table.height for name, table in found.tables.items()}
    days = [
        day
        for table in tables.values()
        for name in _DAYS
        if name in table.columns
        for day in (table[name].min(), table[name].max())
        if day is not None
    ]
    told = sorted(str(day)[:10] for day in days)
    sums = {key: each for name, table in tables.items() for key, each in _sums(name, table).items()}
    return Summary(rows, (told[0], told[-1]) if told else None, sums)


def _sums(name: str, table: pl.DataFrame) -> dict[str, dict[str, int]]:
    columns = _SUMMED.get(name, ())
    if not columns:
        return {}
    if "state" in table.columns:
        table = table.filter(pl.col("state").is_in(["closed", "void"]).not_().fill_null(True))
    keys = [key for key in ("direction", "currency") if key in table.columns]
    grouped = table.group_by(keys, maintain_order=True).agg(pl.col(columns).sum())
    return {
        " ".join(str(row[key]) for key in keys if row[key]) or "all": {each: row[each] for each in columns}
        for row in grouped.iter_rows(named=True)
    }


def _read(document: Document) -> Outcome:
    try:
        check_single(document)
        reader, found = normalize(document)
    except TaxlinkError as error:
        return Outcome(document, error=error)
    return Outcome(document, reader, found)


def _named(name: str) -> str:
    """A name that its ZIP does not mark as UTF-8 is GB18030 in this field, read as code page 437 by the
    library."""
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name
