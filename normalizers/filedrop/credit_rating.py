"""纳税信用等级 of a delivery."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.filedrop.page import table
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, number, word

FORMATS = frozenset({"filedrop.tax_credit_rating"})
PARSER = "filedrop.tax_credit_rating/1"
SHAPE = Shape(
    "信用等级", dict.fromkeys(("评价年度", "评价等级", "公布日期"), TEXT), nullable={"评价得分": TEXT}
)
NUMERIC = frozenset({"评价得分"})
GRADES: dict[str, str | None] = {grade: grade for grade in ("A", "B", "M", "C", "D")}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a grade."""
    found = [table(page, SHAPE, numeric=NUMERIC) for page in pages]
    rows = pl.concat(
        each.rows.with_columns(pl.lit(index, pl.Int64).alias("page")) for index, each in enumerate(found)
    )
    findings = tuple(finding for each in found for finding in each.findings)
    counts = [each.rows.height for each in found]
    return Parsed({"tax_credit_rating": traced(_rows(rows), pages, PARSER)}, counts, findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": number(raw["评价年度"]).cast(pl.Int32),
            "grade": word(raw["评价等级"], GRADES),
            "score": number(raw["评价得分"]),
            "event_date": day(raw["公布日期"]),
            "page": raw["page"],
            "pointer": raw.select(pl.format("A{}", "row")).to_series(),
        }
    )
