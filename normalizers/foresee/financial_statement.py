"""财务报表 of the bureau: the statements of one filing within its body, as they were saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from normalizers import statements
from normalizers.contract import lacking
from normalizers.coreforms import rows
from normalizers.foresee.page import at, form
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day

FORMATS = frozenset({"foresee.financial_statement"})
PARSER = "foresee.financial_statement/1"
BODY = ("SB100VO", "SB100BdxxVO", "cjbdxml")


def read(pages: Sequence[Page]) -> Parsed:
    """One row a printed figure; the page's own period where the form does not tell one."""
    filed = [_filed(index, page) for index, page in enumerate(pages)]
    table = traced(statements.table(filed), pages, PARSER)
    return Parsed({"financial_statement": table}, [1] * len(pages))


def _filed(index: int, page: Page) -> statements.Filed:
    _, body = form(page)
    forms = at(body, *BODY)
    head = rows(at(body, *BODY[:2]), ("SBCjbmxGrid", "SBCjbmxGridlb"))
    if not head:
        raise lacking(BODY[1], ["SBCjbmxGrid"])
    dated: Mapping[str, str] = next(
        (own for each in forms.values() for own in each.values() if "bsrq" in own), {}
    )
    start, end = (_day(head[0].get(name)) for name in ("ssqq", "ssqz"))
    period = page.raw.period
    return statements.Filed(
        forms,
        index,
        f"/body/{'/'.join(BODY)}",
        start or period.start,
        end or period.end,
        _day(dated.get("bsrq")),
    )


def _day(printed: str | None) -> date | None:
    return None if not printed else day(pl.Series("bsrq", [printed]))[0]
