"""Does what was received agree with itself and with the portal's own count?

Counts that disagree stop the dataset; figures that disagree are findings, and every row is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from schema.dataset import Dataset
from schema.errors import DataConflict, DataIncomplete
from schema.raw import RawPage
from schema.snapshot import Finding, Severity
from schema.tables import INVOICE

_SAME = [name for name in INVOICE if name != "invoice_key"]
"""Two rows that agree in all of these are exact duplicates."""


def counts(pages: Sequence[RawPage], records: Sequence[int]) -> None:
    """Compare records with ``portal_total``, for each part that the portal counted.

    A part is a period and a locator; what follows ``#`` in a locator is the page within it. Raises
    ``DataIncomplete`` for fewer, ``DataConflict`` for more, or for pages of one part that tell different
    totals.
    """
    parts: dict[str, list[tuple[int | None, int]]] = {}
    for page, found in zip(pages, records, strict=True):
        part = f"{page.period} {page.locator.partition('#')[0]}"
        parts.setdefault(part, []).append((page.portal_total, found))
    for part, counted in parts.items():
        totals = {total for total, _ in counted if total is not None}
        found = sum(number for _, number in counted)
        if len(totals) > 1:
            raise DataConflict(f"{part}: the portal's count changed between pages")
        for total in totals:
            if found < total:
                raise DataIncomplete(f"{part}: {found} records of {total}")
            if found > total:
                raise DataConflict(f"{part}: {found} records where the portal counts {total}")


def findings(dataset: Dataset, tables: Mapping[str, pl.DataFrame]) -> list[Finding]:
    """What a dataset's figures disagree about."""
    if dataset is not Dataset.INVOICE or "invoice" not in tables:
        return []
    invoices = tables["invoice"]
    checks = (
        ("total_differs", _total_differs(invoices), "amount + tax ≠ total"),
        ("lines_differ", _lines_differ(invoices, tables.get("invoice_line")), "lines ≠ header"),
        ("duplicate_rows", _duplicates(invoices), "equal to a row before"),
    )
    return [
        Finding(code, Severity.WARNING, dataset, f"{number} of {invoices.height} invoices: {what}")
        for code, number, what in checks
        if number
    ]


def _total_differs(invoices: pl.DataFrame) -> int:
    return invoices.filter(pl.col("amount_fen") + pl.col("tax_fen") != pl.col("total_fen")).height


def _lines_differ(invoices: pl.DataFrame, lines: pl.DataFrame | None) -> int:
    """Invoices whose lines, where there are any, do not sum to the header."""
    if lines is None or lines.is_empty():
        return 0
    sums = lines.group_by("invoice_key").agg(
        pl.col("amount_fen").sum().alias("lines_amount"), pl.col("tax_fen").sum().alias("lines_tax")
    )
    return (
        invoices.join(sums, on="invoice_key")
        .filter((pl.col("lines_amount") != pl.col("amount_fen")) | (pl.col("lines_tax") != pl.col("tax_fen")))
        .height
    )


def _duplicates(invoices: pl.DataFrame) -> int:
    """Rows that repeat an earlier one."""
    return invoices.height - invoices.select(_SAME).n_unique()
