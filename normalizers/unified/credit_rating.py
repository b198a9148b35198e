"""纳税信用等级 of the bureau."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.unified.page import document, table
from normalizers.values import day, number, word

FORMATS = frozenset({"unified.credit_html"})
PARSER = "unified.credit_rating/1"
SHAPE = Shape(
    "纳税信用等级",
    required=dict.fromkeys(("评价年度", "纳税信用等级", "评价结果发布日期"), TEXT),
    nullable={"评价得分": TEXT},
)
GRADES = {grade: grade for grade in ("A", "B", "M", "C", "D")}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a grade."""
    read_pages = [table(document(page), page, SHAPE) for page in pages]
    rows = pl.concat(
        raw.with_columns(pl.lit(index, pl.Int64).alias("page")) for index, (raw, _) in enumerate(read_pages)
    )
    findings = tuple(finding for _, noticed in read_pages for finding in noticed)
    ratings = traced(_rows(rows), pages, PARSER)
    return Parsed({"tax_credit_rating": ratings}, [raw.height for raw, _ in read_pages], findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "year": number(raw["评价年度"]).cast(pl.Int32),
            "grade": word(raw["纳税信用等级"], GRADES),
            "score": number(raw["评价得分"]),
            "event_date": day(raw["评价结果发布日期"]),
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("tr[{}]", "row").alias("pointer"))
