"""增值税申报表 of the SOAP gateway: general and small-scale forms, one figure a line and column."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.soap.page import HEAD, Listing, listing
from normalizers.values import day, fen, word

FORMATS = frozenset({"soap.tax_return"})
PARSER = "soap.tax_return/1"
PAGE = Shape("ListVatReturns", required=HEAD | {"Zts": TEXT})
FILED = Shape(
    "Sb",
    required=dict.fromkeys(("Sbxh", "Sbblx", "Skssqq", "Skssqz", "Sbqx", "Sbrq"), TEXT),
    nullable={"Gzsbxh": TEXT},
)
LINE = Shape("Sb/Mx", dict.fromkeys(("Lc", "Lcmc"), TEXT), nullable=dict.fromkeys(("Bys", "Bnlj"), TEXT))
FORMS: dict[str, str | None] = {"ZZSYBNSR": "vat_general", "ZZSXGM": "vat_small"}
COLUMNS: dict[str, str | None] = {"Bys": "current", "Bnlj": "year_to_date"}


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a return, ``tax_return_line`` a row a figure that is printed."""
    found = listing(pages, PAGE, "Sb", FILED, LINE)
    tables = {
        "tax_return": traced(_returns(found.rows), pages, PARSER),
        "tax_return_line": traced(_lines(found), pages, PARSER),
    }
    return Parsed(tables, found.counts, found.findings)


def _returns(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "return_id": raw["Sbxh"],
            "form": word(raw["Sbblx"], FORMS),
            "period_start": day(raw["Skssqq"]),
            "period_end": day(raw["Skssqz"]),
            "due_on": day(raw["Sbqx"]),
            "event_date": day(raw["Sbrq"]),
            "corrects": raw["Gzsbxh"],
            "page": raw["page"],
            "row": raw["row"] + 1,
        }
    ).select(pl.exclude("row"), pl.format("Sb[{}]", "row").alias("pointer"))


def _lines(found: Listing) -> pl.DataFrame:
    ids = found.rows.select("page", "row", "Sbxh")
    raw = found.nested.join(ids, on=["page", "row"], how="left", maintain_order="left")
    index = ["page", "row", "place", "Sbxh", "Lc", "Lcmc"]
    figures = raw.unpivot(list(COLUMNS), index=index, variable_name="key", value_name="printed")
    printed = figures.filter(pl.col("printed").is_not_null())
    place = pl.format("Sb[{}]/Mx[{}]/{}", pl.col("row") + 1, pl.col("place") + 1, "key")
    return pl.DataFrame(
        {
            "return_id": printed["Sbxh"],
            "line": printed["Lc"],
            "label": printed["Lcmc"],
            "column": word(printed["key"], COLUMNS),
            "amount_fen": fen(printed["printed"]),
            "page": printed["page"],
            "pointer": printed.select(place).to_series(),
        }
    )
