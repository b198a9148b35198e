"""纳税信用等级 of the bureau."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.jsonpage import HEAD, Listed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.servyou.page import enveloped
from normalizers.values import day, number, word

FORMATS = frozenset({"servyou.tax_credit_rating"})
PARSER = "servyou.tax_credit_rating/1"
PAGE = Shape("xydj", HEAD | {"total": COUNT}, lists=frozenset({"list"}))
GRADE = Shape("xydj.list", {"pdnd": COUNT, "xydj": TEXT, "fbrq": TEXT}, nullable={"pdfs": TEXT})
GRADES = {grade: grade for grade in ("A", "B", "M", "C", "D")}
LISTED = Listed(PAGE, GRADE, opening=enveloped)
prepare = LISTED.prepare


def read(pages: Sequence[Page]) -> Parsed:
    """One row a grade."""
    found = LISTED.read(pages)
    raw = found.rows
    rows = pl.DataFrame(
        {
            "year": raw["pdnd"].cast(pl.Int32),
            "grade": word(raw["xydj"], GRADES),
            "score": number(raw["pdfs"]),
            "event_date": day(raw["fbrq"]),
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("/value/list/{}", "row").alias("pointer"))
    return Parsed({"tax_credit_rating": traced(rows, pages, PARSER)}, found.counts, found.findings)
