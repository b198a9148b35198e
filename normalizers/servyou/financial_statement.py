"""财务报表 of the bureau: each statement as the document it was filed as."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from normalizers import statements
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.servyou.page import document, nested
from normalizers.values import day

FORMATS = frozenset({"servyou.financial_statement"})
PARSER = "servyou.financial_statement/1"


def read(pages: Sequence[Page]) -> Parsed:
    """One row a printed figure; the page's own period where the document does not tell one."""
    filed = [_filed(index, page) for index, page in enumerate(pages)]
    table = traced(statements.table(filed), pages, PARSER)
    return Parsed({"financial_statement": table}, [1] * len(pages))


def _filed(index: int, page: Page) -> statements.Filed:
    root = document(page)
    dates = {name: _day(root.findtext(f"*/{name}")) for name in ("skssqq", "skssqz", "bsrq")}
    period = page.raw.period
    return statements.Filed(
        {str(root.tag): nested(root)},
        index,
        "",
        dates["skssqq"] or period.start,
        dates["skssqz"] or period.end,
        dates["bsrq"],
    )


def _day(printed: str | None) -> date | None:
    return None if not printed else day(pl.Series("bsrq", [printed]))[0]
