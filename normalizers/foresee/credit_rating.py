"""纳税信用评价 of the bureau."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.foresee.page import quoted
from normalizers.jsonpage import HEAD, Listed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, number, word

FORMATS = frozenset({"foresee.tax_credit_rating"})
PARSER = "foresee.tax_credit_rating/1"
PAGE = Shape("xypj", HEAD | {"zjls": COUNT, "returnFlag": TEXT, "error": TEXT}, lists=frozenset({"pjList"}))
GRADE = Shape("xypj.pjList", dict.fromkeys(("pdnd", "xydjDm", "fbrq"), TEXT), nullable={"pddf": TEXT})
GRADES = {grade: grade for grade in ("A", "B", "M", "C", "D")}
LISTED = Listed(PAGE, GRADE, opening=quoted)
prepare = LISTED.prepare


def read(pages: Sequence[Page]) -> Parsed:
    """One row a grade."""
    found = LISTED.read(pages)
    raw = found.rows
    rows = pl.DataFrame(
        {
            "year": number(raw["pdnd"]).cast(pl.Int32),
            "grade": word(raw["xydjDm"], GRADES),
            "score": number(raw["pddf"]),
            "event_date": day(raw["fbrq"]),
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("/pjList/{}", "row").alias("pointer"))
    return Parsed({"tax_credit_rating": traced(rows, pages, PARSER)}, found.counts, found.findings)
