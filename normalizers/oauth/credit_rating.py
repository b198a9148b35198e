"""纳税信用等级 of the platform."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.jsonpage import Listed
from normalizers.oauth.page import paged
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, number, word

FORMATS = frozenset({"oauth.tax_credit_rating"})
PARSER = "oauth.tax_credit_rating/1"
PAGE = paged("creditRatings")
GRADE = Shape(
    "creditRatings.items",
    required={"year": COUNT, "grade": TEXT, "publishedOn": TEXT},
    nullable={"score": TEXT},
)
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
            "year": raw["year"].cast(pl.Int32),
            "grade": word(raw["grade"], GRADES),
            "score": number(raw["score"]),
            "event_date": day(raw["publishedOn"]),
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("/items/{}", "row").alias("pointer"))
