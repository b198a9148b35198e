"""Files that somebody hands over: which format one is, told by its content, and what it holds.

Each module of a package in ``PACKAGES`` that reads files declares ``READERS: tuple[Reader, ...]``, one for
each format. A format is a declaration about what such files have in common; a file's name decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import polars as pl

from normalizers import archive, pdftext, workbook
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged, DocumentLocked, FormatUnknown
from schema.snapshot import Normalized
from schema.tables import INSTANT, conform

PACKAGES = ("normalizers.invoices", "normalizers.bank", "normalizers.bankfeed")


@dataclass(frozen=True)
class Document:
    """A file as it came.

    ``name`` is its name without a folder, for errors and for people; ``owner`` the id of the company whose
    file it is, where that is known: it tells an invoice issued from one received. ``ref`` is the vault
    reference of the sealed file, empty when it is not kept.
    """

    name: str
    content: bytes
    fetched_at: datetime
    owner: str | None = None
    region: str | None = None
    ref: str = ""


@dataclass(frozen=True)
class Reader:
    """One format. ``recognises`` looks at the content, never raises, and is true of no other format's files;
    ``read`` gives tables with the columns of ``schema.tables``, ``pointer`` among them, the rest of the
    provenance left out. ``read`` raises ``DataCorrupt``, ``DataIncomplete``, ``ContractChanged``,
    ``DocumentLocked`` or ``PicturesOnly``, with the line, cell or path."""

    format: str
    """E.g. ``invoice.xml``; in provenance with the version behind it."""
    version: int
    dataset: Dataset
    recognises: Callable[[Document], bool]
    read: Callable[[Document], Parsed]

    @property
    def parser(self) -> str:
        return f"{self.format}/{self.version}"


def reader_of(document: Document) -> Reader:
    """The format of a file. Raises ``FormatUnknown``, or what keeps it from being known: ``DocumentLocked``,
    ``PicturesOnly``, ``DataCorrupt``."""
    for reader in readers():
        if reader.recognises(document):
            return reader
    if pdftext.is_one(document.content):
        pdftext.pages(document.content, document.name)
    if workbook.is_locked(document.content) or archive.is_locked(document.content):
        raise DocumentLocked(f"{document.name}: opens with a password")
    if workbook.is_one(document.content):
        for _ in workbook.sheets(document.content):
            pass  # one that is opened without an error holds nothing that is known
    elif document.content.startswith(archive.SIGNATURE):
        archive.Archive(document.content, document.name)
    raise FormatUnknown(f"{document.name}: {len(document.content)} bytes in no format that is known")


def normalize(document: Document) -> tuple[Reader, Normalized]:
    """The format found, and what the file holds in the common schema. Raises ``FormatUnknown`` and as
    ``Reader.read``."""
    reader = reader_of(document)
    parsed = reader.read(document)
    tables = {name: _traced(name, frame, document, reader) for name, frame in parsed.tables.items()}
    return reader, Normalized(reader.dataset, tables, tuple(dict.fromkeys(parsed.findings)))


@cache
def readers() -> tuple[Reader, ...]:
    """All there are, by package and module name."""
    packages = [import_module(name) for name in PACKAGES]
    modules = [
        import_module(f"{package.__name__}.{each.name}")
        for package in packages
        for each in sorted(iter_modules(package.__path__), key=lambda module: module.name)
    ]
    return tuple(reader for module in modules for reader in getattr(module, "READERS", ()))


def _traced(name: str, frame: pl.DataFrame, document: Document, reader: Reader) -> pl.DataFrame:
    origin = frame.with_columns(
        pl.lit(document.region, dtype=pl.String).alias("region"),
        pl.lit(document.ref).alias("raw_ref"),
        pl.lit(reader.parser).alias("parser"),
        pl.lit(document.fetched_at).cast(INSTANT).alias("fetched_at"),
    )
    try:
        return conform(name, origin)
    except pl.exceptions.PolarsError as error:
        raise ContractChanged(
            f"{document.name}: {name} does not fit the schema ({type(error).__name__})"
        ) from None
