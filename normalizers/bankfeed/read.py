"""The feed, as pages of a connector and as files that somebody hands over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from normalizers.bankfeed.page import ENCODING, SEPARATOR, TABLES, frame
from normalizers.bankfeed.tables import READ
from normalizers.documents import Document, Reader
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from schema.dataset import Dataset

VERSION = 1
FORMATS = frozenset(f"bankfeed.{table}" for table in TABLES)
DATASETS = {
    "xydj": Dataset.TAX_CREDIT_RATING,
    "sbxx": Dataset.TAX_RETURN,
    "ybnsrzzssbb": Dataset.TAX_RETURN,
    "lrb": Dataset.FINANCIAL_STATEMENT,
    "zcfzb": Dataset.FINANCIAL_STATEMENT,
    "tzfxx": Dataset.REGISTRATION,
    "bgxx": Dataset.TAXPAYER_CHANGE,
    "cxskmx": Dataset.TAX_PAYMENT,
}
"""The tables that say something in the schema."""


def read(pages: Sequence[Page]) -> Parsed:
    """A page a file of one table. Records are lines."""
    parts: dict[str, list[pl.DataFrame]] = {}
    counts = []
    for index, page in enumerate(pages):
        table = page.raw.source_format.partition(".")[2]
        raw = frame(table, page.raw.content, page.raw.locator)
        counts.append(raw.height)
        for name, found in READ[table](raw).items():
            here = found.with_columns(pl.lit(index, dtype=pl.Int64).alias("page"))
            parts.setdefault(name, []).append(traced(here, pages, f"bankfeed.{table}/{VERSION}"))
    return Parsed({name: pl.concat(found, how="diagonal") for name, found in parts.items()}, counts)


def _reader(table: str, dataset: Dataset) -> Reader:
    def of_file(document: Document) -> Parsed:
        raw = frame(table, document.content, document.name)
        return Parsed(READ[table](raw), [raw.height])

    return Reader(f"bankfeed.{table}", VERSION, dataset, _recognises(table), of_file)


def _recognises(table: str) -> Callable[[Document], bool]:
    """Only the feed parts fields by the escape character. Its tables differ in their number of fields; where
    that leaves two, in the field that holds a grade or the number of a line."""
    columns = TABLES[table]

    def looks_like(document: Document) -> bool:
        first, _, _ = document.content.partition(b"\n")
        if SEPARATOR.encode() not in first:
            return False
        fields = first.decode(ENCODING, errors="replace").rstrip("\r").split(SEPARATOR)
        if len(fields) == len(columns) + 1 and not fields[-1]:
            fields.pop()
        if len(fields) != len(columns):
            return False
        told = dict(zip(columns, (field.strip() for field in fields), strict=True))
        return all(name not in told or _fits(told[name], name) for name in _TELLING)

    return looks_like


_TELLING = {"xydj": frozenset({"A", "B", "M", "C", "D"}), "ewbhxh": frozenset("0123456789")}
"""The characters of a field that tells one table from another of its width."""


def _fits(value: str, name: str) -> bool:
    return value == name or (bool(value) and set(value.removesuffix("级")) <= _TELLING[name])


READERS = tuple(_reader(table, dataset) for table, dataset in DATASETS.items())
