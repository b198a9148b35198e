"""JSON pages, each with one list, as frames of their records, typed by the contract.

Contracts are checked a page at a time; values are converted for all pages at once, in columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from normalizers.contract import TEXT, Shape, check, check_types
from normalizers.registry import Page
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt
from schema.raw import RawPage
from schema.snapshot import Finding

HEAD: dict[str, pl.DataType] = {"nsrsbh": TEXT}
"""Every page tells whose it is."""


@dataclass(frozen=True)
class Listing:
    """The records of some pages.

    ``rows`` has ``page``, ``row`` (its place in the page), the page's head fields and the record's own;
    ``nested`` has ``page``, ``row``, ``place`` and the fields of the list within each record.
    """

    rows: pl.DataFrame
    nested: pl.DataFrame
    counts: list[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Head:
    """A page as one row, the types of its records checked."""

    row: pl.DataFrame
    findings: list[Finding]


Opening = Callable[[RawPage], pl.DataFrame]
"""How the object that a page holds becomes one row, where a family wraps it."""


def opened(raw: RawPage) -> pl.DataFrame:
    """The page's object as one row. Raises ``DataCorrupt`` and ``ContractChanged``."""
    try:
        found = pl.read_json(raw.content)
    except pl.exceptions.PolarsError:
        raise DataCorrupt(f"{raw.locator}: {len(raw.content)} bytes are no JSON object") from None
    if found.height != 1:
        raise ContractChanged(f"{raw.locator} is no single object")
    return found


def whole(page: Page, shape: Shape) -> tuple[pl.DataFrame, list[Finding]]:
    """The page's object as one row of the shape. Raises ``DataCorrupt`` and ``ContractChanged``."""
    return check(opened(page.raw), shape, page.raw.dataset)


@dataclass(frozen=True)
class Listed:
    """Pages with one list each, as rows of ``record``; its own list, if any, as rows of ``inner``.

    Types are checked page by page, everything else for all pages at once.
    """

    outer: Shape
    record: Shape
    inner: Shape | None = None
    opening: Opening = opened

    def prepare(self, raw: RawPage) -> Head:
        """Raises ``DataCorrupt`` and ``ContractChanged``."""
        row, findings = check(self.opening(raw), self.outer, raw.dataset)
        (name,) = self.outer.lists
        fields = _fields(row.schema[name], self.record)
        if fields and self.inner is not None:
            (within,) = self.record.lists
            _fields(fields[within], self.inner)
        return Head(row, findings)

    def read(self, pages: Sequence[Page]) -> Listing:
        """Pages that were not prepared are so on as many threads as there are cores: parsing lets go of the
        interpreter."""
        (name,), dataset = self.outer.lists, pages[0].raw.dataset
        with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
            found = list(threads.map(self._head, pages))
        heads = pl.concat([head.row for head in found], how="vertical_relaxed").with_columns(
            pl.int_range(pl.len(), dtype=pl.Int64).alias("page")
        )
        rows, more = _unnested(heads, name, self.record, dataset)
        rows = rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).over("page").alias("row"))
        nested = pl.DataFrame()
        if self.inner is not None:
            (within,) = self.record.lists
            nested, most = _unnested(rows.select("page", "row", within), within, self.inner, dataset)
            places = rows.select(pl.int_ranges(pl.col(within).list.len()).alias("place"))
            nested = nested.with_columns(places.explode("place", empty_as_null=False)["place"])
            more += most
        counts = heads[name].list.len().to_list()
        findings = (finding for head in found for finding in head.findings)
        return Listing(rows.drop(self.record.lists), nested, counts, (*findings, *more))

    def _head(self, page: Page) -> Head:
        return page.prepared if isinstance(page.prepared, Head) else self.prepare(page.raw)


def _fields(records: pl.DataType, shape: Shape) -> pl.Schema:
    """The fields of a list's records, checked; none when the list is empty."""
    assert isinstance(records, pl.List)
    if records.inner == pl.Null:
        return pl.Schema()
    if not isinstance(records.inner, pl.Struct):
        raise ContractChanged(f"{shape.name} are no objects")
    fields = pl.Schema((field.name, field.dtype) for field in records.inner.fields)
    check_types(fields, shape)
    return fields


def _unnested(
    rows: pl.DataFrame, name: str, shape: Shape, dataset: Dataset
) -> tuple[pl.DataFrame, list[Finding]]:
    """A row for each record in the lists of column ``name``, its fields beside the other columns."""
    each = rows.explode(name, empty_as_null=False)
    records = pl.DataFrame() if each.is_empty() else each[name].struct.unnest()
    known, findings = check(records, shape, dataset)
    return pl.concat([each.drop(name), known], how="horizontal"), findings


Columns = tuple[Callable[[pl.DataFrame], pl.DataFrame], pl.DataFrame]


def beside(one: Columns, other: Columns) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two frames made into columns of ours at the same time."""
    with ThreadPoolExecutor(1) as thread:
        (convert, raw), (here, own) = one, other
        made, ours = thread.submit(convert, raw), here(own)
        return made.result(), ours
