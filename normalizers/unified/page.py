"""HTML pages as frames of text. Tables are found by their headings: ids and places change sooner."""

from __future__ import annotations

import polars as pl
from lxml import html

from normalizers.contract import Shape, check, lacking
from normalizers.registry import Page
from schema.errors import DataCorrupt
from schema.snapshot import Finding

_PARSER = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
_END = b"</html>"


def document(page: Page) -> html.HtmlElement:
    """The page's tree. Raises ``DataCorrupt`` for one that ended early."""
    if not page.raw.content.rstrip().endswith(_END):
        raise DataCorrupt(f"{page.raw.locator}: the page ends after {len(page.raw.content)} bytes")
    return html.document_fromstring(page.raw.content, parser=_PARSER)


def table(tree: html.HtmlElement, page: Page, shape: Shape) -> tuple[pl.DataFrame, list[Finding]]:
    """The table with the shape's headings; ``row`` counts from 1. An empty cell is null.

    Raises ``ContractChanged`` when no table fits.
    """
    wanted = {*shape.required, *shape.nullable}
    tables = [_cells(each) for each in tree.iter("table")]
    rows = next((rows for rows in tables if rows and wanted <= set(rows[0])), None)
    if rows is None:
        closest = max(
            (rows[0] for rows in tables if rows), key=lambda row: len(wanted & set(row)), default=[]
        )
        raise lacking(shape.name, sorted(wanted - set(closest)))
    names, records = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    columns = {
        name: pl.Series(name, [row[place] or None for row in records], dtype=pl.String)
        for place, name in enumerate(names)
    }
    found, findings = check(pl.DataFrame(columns), shape, page.raw.dataset)
    return found.hstack([pl.Series("row", range(1, found.height + 1), dtype=pl.Int64)]), findings


def pairs(tree: html.HtmlElement, page: Page, shape: Shape) -> tuple[pl.DataFrame, list[Finding]]:
    """One row from a table of headings, each with its value to the right."""
    values: dict[str, str | None] = {}
    for heading in tree.iter("th"):
        cell = heading.getnext()
        if cell is not None and cell.tag == "td":
            values[_text(heading)] = _text(cell) or None
    frame = pl.DataFrame({name: pl.Series(name, [value], dtype=pl.String) for name, value in values.items()})
    return check(frame, shape, page.raw.dataset)


def constant(name: str, value: str | int, beside: pl.DataFrame) -> pl.Series:
    """The same value in every row, built at once: a query costs more than a small page's work."""
    return pl.Series(name, [value] * beside.height, dtype=pl.String if isinstance(value, str) else pl.Int64)


def _cells(element: html.HtmlElement) -> list[list[str]]:
    return [[_text(cell) for cell in row if cell.tag in ("th", "td")] for row in element.iter("tr")]


def _text(element: html.HtmlElement) -> str:
    return str(element.text_content()).strip()
