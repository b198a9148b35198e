"""Statements handed over, several of one account perhaps, as one dataset. The format of each is told by its
content; where two of them overlap, what both print is one movement."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers import documents
from normalizers.handed.owner import handed
from normalizers.registry import Page, Parsed
from schema.dataset import Dataset
from schema.errors import DataConflict
from schema.snapshot import Finding, Severity

FORMATS = frozenset({"handed.bank_transaction"})
_SAME = (
    *("account_id", "event_date", "occurred_at", "direction", "amount_fen", "balance_fen", "currency"),
    *("counterparty_name", "counterparty_account", "summary", "purpose", "reference"),
)
"""Two statements that agree in all of these print one movement."""


def read(pages: Sequence[Page]) -> Parsed:
    """Raises as ``documents.normalize``, and ``DataConflict`` for a file that is no statement."""
    found = [documents.normalize(handed(page)) for page in pages]
    for page, (reader, _) in zip(pages, found, strict=True):
        if reader.dataset is not Dataset.BANK_TRANSACTION:
            raise DataConflict(f"{page.raw.locator}: {reader.format} is no statement")
    tables = [each.tables for _, each in found]
    movements = [each["bank_transaction"] for each in tables]
    accounts = pl.concat(each["bank_account"] for each in tables)
    once, repeated = _once(movements)
    findings = [finding for _, each in found for finding in each.findings]
    if repeated:
        detail = f"{repeated} movements stand in more than one statement"
        findings.append(Finding("overlapping_statements", Severity.INFO, Dataset.BANK_TRANSACTION, detail))
    records = [each.height for each in movements]
    return Parsed({"bank_account": accounts, "bank_transaction": once}, records, tuple(findings))


def _once(movements: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, int]:
    """Every movement once: what one statement prints twice happened twice, so its first and its second
    count apart."""
    numbered = [
        each.with_columns(pl.int_range(pl.len()).over(*_SAME, order_by="line").alias("nth"))
        for each in movements
    ]
    whole = pl.concat(numbered)
    once = whole.unique(subset=[*_SAME, "nth"], keep="first", maintain_order=True)
    return once.drop("nth"), whole.height - once.height
