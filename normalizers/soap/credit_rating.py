"""纳税信用等级 of the SOAP gateway."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.soap.page import HEAD, listing
from normalizers.values import day, number, word

FORMATS = frozenset({"soap.tax_credit_rating"})
PARSER = "soap.tax_credit_rating/1"
PAGE = Shape("ListCreditRatings", required=HEAD | {"Zts": TEXT})
GRADE = Shape("Pj", dict.fromkeys(("Pjnd", "Xydj", "Fbrq"), TEXT), nullable={"Pjdf": TEXT})
GRADES: dict[str, str | None] = {f"{grade}级": grade for grade in ("A", "B", "M", "C", "D")}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a grade."""
    found = listing(pages, PAGE, "Pj", GRADE)
    table = traced(_rows(found.rows), pages, PARSER)
    return Parsed({"tax_credit_rating": table}, found.counts, found.findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": number(raw["Pjnd"]).cast(pl.Int32),
            "grade": word(raw["Xydj"], GRADES),
            "score": number(raw["Pjdf"]),
            "event_date": day(raw["Fbrq"]),
            "page": raw["page"],
            "row": raw["row"] + 1,
        }
    ).select(pl.exclude("row"), pl.format("Pj[{}]", "row").alias("pointer"))
