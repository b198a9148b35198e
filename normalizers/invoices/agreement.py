"""One invoice's own figures against each other: a document that contradicts itself is not believed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.documents import Document
from normalizers.invoices.printed import DIFFERENCE, Invoice, parsed
from normalizers.invoices.text import moment
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import DataConflict
from schema.snapshot import Finding, Severity

TAX_TOLERANCE_FEN = 6
"""What amount × rate may differ from a line's tax, as the invoice systems allow."""
PRICE_TOLERANCE_FEN = 2
"""What quantity × unit price may differ from a line's amount: prices are printed rounded."""


def agreed(document: Document, invoice: Invoice, findings: Sequence[Finding] = ()) -> Parsed:
    """The one invoice of a document. Raises ``DataConflict`` where amount, tax and total, or the lines and
    their sums, do not agree; what cannot be an amount's fault is a finding. Raises as ``printed.parsed``."""
    found = parsed(document, [invoice], findings)
    header, lines = found.tables["invoice"], found.tables["invoice_line"]
    if header.filter(pl.col("amount_fen") + pl.col("tax_fen") != pl.col("total_fen")).height:
        raise DataConflict(f"{document.name}: amount and tax are not the total")
    for name in ("amount_fen", "tax_fen"):
        told = lines[name]
        if told.len() and not told.null_count() and told.sum() != header[name].item():
            raise DataConflict(f"{document.name}: the lines' {name} is not the invoice's")
    noticed = [] if invoice.regime == DIFFERENCE else _counted("rate_differs", _off_rate(lines))
    noticed += _counted("price_differs", _off_price(lines))
    noticed += _counted("lines_untold", int(lines.is_empty()))
    return Parsed(found.tables, found.records, (*found.findings, *noticed))


def ordered(first: str | None, *later: str | None) -> list[Finding]:
    """A finding where printed moments, each of which may be absent, do not follow each other by day."""
    days = [at[:10] for at in map(moment, (first, *later)) if at is not None]
    return [] if days == sorted(days) else _counted("days_disorder", len(days))


def _off_rate(lines: pl.DataFrame) -> int:
    off = (pl.col("amount_fen") * pl.col("tax_rate") - pl.col("tax_fen")).abs()
    return lines.filter(off > TAX_TOLERANCE_FEN).height


def _off_price(lines: pl.DataFrame) -> int:
    off = (pl.col("quantity") * pl.col("unit_price") * 100 - pl.col("amount_fen")).abs()
    return lines.filter(off > PRICE_TOLERANCE_FEN).height


def _counted(code: str, number: int) -> list[Finding]:
    return [Finding(code, Severity.WARNING, Dataset.INVOICE, f"{number} places")] if number else []
