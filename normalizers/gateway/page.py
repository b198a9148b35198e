"""Pages of the gateway as frames of their records, typed by the contract.

Contracts are checked a page at a time; values are converted for all pages at once, in columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from normalizers.contract import TEXT, Shape, check
from normalizers.registry import Page
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

    Pages are read on as many threads as there are cores: parsing lets go of the interpreter.
    """
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        read = [
            threads.submit(_records, index, page, outer, record, inner) for index, page in enumerate(pages)
        ]
        found = [each.result() for each in read]
    return Listing(
        rows=pl.concat([each.rows for each in found]),
        nested=pl.concat([each.nested for each in found]),
        counts=[each.rows.height for each in found],
        findings=tuple(finding for each in found for finding in each.findings),
    )


def _records(index: int, page: Page, outer: Shape, record: Shape, inner: Shape | None) -> Listing:
    """The listing of one page."""
    (name,) = outer.lists
    head, findings = whole(page, outer)
    found, more = _unnested(head.explode(name, empty_as_null=False), name, record, page)
    found = found.with_columns(
        pl.lit(index, pl.Int64).alias("page"), pl.int_range(pl.len(), dtype=pl.Int64).alias("row")
    )
    rows, nested = found.drop(record.lists), pl.DataFrame()
    if inner is not None:
        (within,) = record.lists
        parts = found.select("page", "row", within).explode(within, empty_as_null=False)
        parts = parts.with_columns(pl.int_range(pl.len()).over("row").alias("place"))
        nested, most = _unnested(parts, within, inner, page)
        more = [*more, *most]
    return Listing(rows, nested, [rows.height], (*findings, *more))


def _unnested(rows: pl.DataFrame, name: str, shape: Shape, page: Page) -> tuple[pl.DataFrame, list[Finding]]:
    """The structs in column ``name`` as columns of the shape, beside the other columns of ``rows``."""
    if rows.is_empty():
        known, findings = check(pl.DataFrame(), shape, page.raw.dataset)
    elif isinstance(rows.schema[name], pl.Struct):
        known, findings = check(rows[name].struct.unnest(), shape, page.raw.dataset)
    else:
        raise ContractChanged(f"{shape.name} are no objects")
    return pl.concat([rows.drop(name), known], how="horizontal"), findings
