"""Invoice files handed in: registers, OFD, PDF, XML and XBRL, each told by its content. Of an invoice that
several of them print the better source is kept."""

from __future__ import annotations

from collections.abc import Sequence

from normalizers import documents
from normalizers.handed.owner import handed
from normalizers.invoices.sources import merged
from normalizers.registry import Page, Parsed
from schema.dataset import Dataset
from schema.errors import DataConflict

FORMATS = frozenset({"handed.invoice"})


def read(pages: Sequence[Page]) -> Parsed:
    """Raises as ``documents.normalize``, and ``DataConflict`` for a file that holds no invoices."""
    found = [documents.normalize(handed(page)) for page in pages]
    for page, (reader, _) in zip(pages, found, strict=True):
        if reader.dataset is not Dataset.INVOICE:
            raise DataConflict(f"{page.raw.locator}: {reader.format} holds no invoices")
    tables, findings = [each.tables for _, each in found], [one for _, each in found for one in each.findings]
    records = [each["invoice"].height for each in tables]
    if len(tables) == 1:
        return Parsed(tables[0], records, tuple(findings))
    whole, more = merged(tables)
    return Parsed(whole, records, (*findings, *more))
