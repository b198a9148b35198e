"""纳税信用等级 of the gateway."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.jsonpage import HEAD, Listed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, number, word

FORMATS = frozenset({"gateway.tax_credit_rating"})
PARSER = "gateway.tax_credit_rating/1"
PAGE = Shape("credit", required=HEAD | {"zts": COUNT}, lists=frozenset({"pjxx"}))
GRADE = Shape("credit.pjxx", dict.fromkeys(("pjnd", "xydj", "fbrq"), TEXT), nullable={"pjdf": TEXT})
GRADES = {grade: grade for grade in ("A", "B", "M", "C", "D")}
LISTED = Listed(PAGE, GRADE)
prepare = LISTED.prepare


def read(pages: Sequence[Page]) -> Parsed:
    """One row a grade."""
    found = LISTED.read(pages)
    table = traced(_rows(found.rows), pages, PARSER)
    return Parsed({"tax_credit_rating": table}, found.counts, found.findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": number(raw["pjnd"]).cast(pl.Int32),
            "grade": word(raw["xydj"], GRADES),
            "score": number(raw["pjdf"]),
            "event_date": day(raw["fbrq"]),
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("/pjxx/{}", "row").alias("pointer"))
