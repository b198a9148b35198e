"""JSON pages, each with one list, as frames of their records, typed by the contract.

Contracts are checked a page at a time; values are converted for all pages at once, in columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from normalizers.contract import TEXT, Shape, check, check_types
from normalizers.registry import Page
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt
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


def whole(page: Page, shape: Shape) -> tuple[pl.DataFrame, list[Finding]]:
    """The page's object as one row of the shape. Raises ``DataCorrupt`` and ``ContractChanged``."""
    try:
        found = pl.read_json(page.raw.content)
    except pl.exceptions.PolarsError:
        detail = f"{page.raw.locator}: {len(page.raw.content)} bytes are no JSON object"
        raise DataCorrupt(detail) from None
    if found.height != 1:
        raise ContractChanged(f"{page.raw.locator} is no single object")
    return check(found, shape, page.raw.dataset)


def listing(pages: Sequence[Page], outer: Shape, record: Shape, inner: Shape | None = None) -> Listing:
    """The one list of each page as rows of ``record``; its own list, if any, as rows of ``inner``.

    Types are checked page by page, everything else for all pages at once. Pages are read on as many threads
    as there are cores: parsing lets go of the interpreter.
    """
    (name,) = outer.lists
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        found = list(threads.map(lambda page: _head(page, outer, record, inner), pages))
    heads = pl.concat([head for head, _ in found], how="vertical_relaxed").with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("page")
    )
    findings = [finding for _, noticed in found for finding in noticed]
    rows, more = _unnested(heads, name, record, pages[0].raw.dataset)
    rows = rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).over("page").alias("row"))
    nested = pl.DataFrame()
    if inner is not None:
        (within,) = record.lists
        nested, most = _unnested(rows.select("page", "row", within), within, inner, pages[0].raw.dataset)
        nested = nested.with_columns(pl.int_range(pl.len()).over("page", "row").alias("place"))
        more += most
    counts = heads[name].list.len().to_list()
    return Listing(rows.drop(record.lists), nested, counts, (*findings, *more))


def _head(page: Page, outer: Shape, record: Shape, inner: Shape | None) -> tuple[pl.DataFrame, list[Finding]]:
    """The page as one row, the types of its records checked. Raises ``ContractChanged``."""
    head, findings = whole(page, outer)
    (name,) = outer.lists
    fields = _fields(head.schema[name], record)
    if fields and inner is not None:
        (within,) = record.lists
        _fields(fields[within], inner)
    return head, findings


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
