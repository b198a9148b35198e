"""Bodies of the SOAP gateway as frames of their records, typed by the contract.

Contracts are checked a page at a time; values are converted for all pages at once, in columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from lxml import etree

from normalizers.contract import TEXT, Shape, check
from normalizers.registry import Page
from schema.errors import ContractChanged, DataCorrupt
from schema.snapshot import Finding

SERVICE = "{urn:yspt:taxdata:1}"
HEAD: dict[str, pl.DataType] = {"Nsrsbh": TEXT}
"""Every page tells whose it is."""
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Record = Mapping[str, str | None]


@dataclass(frozen=True)
class Listing:
    """The records of some pages.

    ``rows`` has ``page``, ``row`` (its place in the page), the page's head fields and the record's own;
    ``nested`` has ``page``, ``row``, ``place`` and the fields of the elements ``Mx`` within each record.
    """

    rows: pl.DataFrame
    nested: pl.DataFrame
    counts: list[int]
    findings: tuple[Finding, ...]


def whole(page: Page, shape: Shape) -> tuple[pl.DataFrame, list[Finding]]:
    """The page's own fields as one row of the shape."""
    return _checked([_record(_answer(page))], shape, page)


def listing(
    pages: Sequence[Page], outer: Shape, name: str, record: Shape, inner: Shape | None = None
) -> Listing:
    """The elements ``name`` of each page as rows of ``record``; their ``Mx`` as rows of ``inner``."""
    found = [_records(index, page, outer, name, record, inner) for index, page in enumerate(pages)]
    return Listing(
        rows=pl.concat([each.rows for each in found]),
        nested=pl.concat([each.nested for each in found]),
        counts=[each.rows.height for each in found],
        findings=tuple(finding for each in found for finding in each.findings),
    )


def _records(index: int, page: Page, outer: Shape, name: str, record: Shape, inner: Shape | None) -> Listing:
    answer = _answer(page)
    head, findings = _checked([_record(answer)], outer, page)
    elements = answer.findall(f"{SERVICE}{name}")
    rows, more = _checked(map(_record, elements), record, page)
    place = pl.lit(index, pl.Int64).alias("page")
    rows = rows.with_columns(
        place,
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        *(pl.lit(head[key].item(), pl.String).alias(key) for key in head.columns),
    )
    nested = pl.DataFrame()
    if inner is not None:
        lines = [each.findall(f"{SERVICE}Mx") for each in elements]
        nested, most = _checked((_record(line) for each in lines for line in each), inner, page)
        counts = pl.Series("row", [row for row, each in enumerate(lines) for _ in each], dtype=pl.Int64)
        nested = nested.with_columns(place, counts).with_columns(
            pl.int_range(pl.len()).over("row").alias("place")
        )
        more = [*more, *most]
    return Listing(rows, nested, [rows.height], (*findings, *more))


def _checked(records: Iterable[Record], shape: Shape, page: Page) -> tuple[pl.DataFrame, list[Finding]]:
    frame = pl.DataFrame(list(records), infer_schema_length=None)
    return check(frame, shape, page.raw.dataset)


def _record(element: etree._Element) -> Record:
    """Its children that have no children of their own; nil and empty ones are None."""
    return {
        etree.QName(child).localname: None if child.get(_NIL) == "true" else child.text or None
        for child in element.iterchildren(f"{SERVICE}*")
        if not len(child)
    }


def _answer(page: Page) -> etree._Element:
    """The one child of the Body. The bytes are what the connector verified, and are parsed as if they were
    not: no entities, no network, no DTD, no huge nodes. Raises ``DataCorrupt`` and ``ContractChanged``."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    content = page.raw.content
    try:
        body = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise DataCorrupt(f"{page.raw.locator}: {len(content)} bytes are no XML") from None
    if body.getroottree().docinfo.doctype:
        raise DataCorrupt(f"{page.raw.locator}: XML with a document type is not read")
    if len(body) != 1:
        raise ContractChanged(f"{page.raw.locator} is no Body of one element")
    return body[0]
