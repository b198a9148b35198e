"""增值税申报表 of the platform: general and small-scale forms, one figure a line and column."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.jsonpage import Listed, Listing
from normalizers.oauth.page import paged
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word

FORMATS = frozenset({"oauth.tax_return"})
PARSER = "oauth.tax_return/1"
PAGE = paged("vatReturns")
FILED = Shape(
    "vatReturns.items",
    required=dict.fromkeys(("returnId", "form", "periodStart", "periodEnd", "dueOn", "filedAt"), TEXT),
    nullable={"correctsReturnId": TEXT},
    lists=frozenset({"lines"}),
)
LINE = Shape(
    "vatReturns.items.lines",
    required=dict.fromkeys(("line", "label"), TEXT),
    nullable=dict.fromkeys(("current", "yearToDate"), TEXT),
)
FORMS = {"VAT_GENERAL": "vat_general", "VAT_SMALL_SCALE": "vat_small"}
COLUMNS = {"current": "current", "yearToDate": "year_to_date"}
LISTED = Listed(PAGE, FILED, LINE)
prepare = LISTED.prepare


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a return, ``tax_return_line`` a row a figure that is printed."""
    found = LISTED.read(pages)
    tables = {
        "tax_return": traced(_returns(found.rows), pages, PARSER),
        "tax_return_line": traced(_lines(found), pages, PARSER),
    }
    return Parsed(tables, found.counts, found.findings)


def _returns(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "return_id": raw["returnId"],
            "form": word(raw["form"], FORMS),
            "period_start": day(raw["periodStart"]),
            "period_end": day(raw["periodEnd"]),
            "due_on": day(raw["dueOn"]),
            "event_date": day(raw["filedAt"].str.replace("T", " ", literal=True)),
            "corrects": raw["correctsReturnId"],
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("/items/{}", "row").alias("pointer"))


def _lines(found: Listing) -> pl.DataFrame:
    ids = found.rows.select("page", "row", "returnId")
    raw = found.nested.join(ids, on=["page", "row"], how="left", maintain_order="left")
    index = ["page", "row", "place", "returnId", "line", "label"]
    figures = raw.unpivot(list(COLUMNS), index=index, variable_name="key", value_name="printed")
    printed = figures.filter(pl.col("printed").is_not_null())
    pointer = pl.format("/items/{}/lines/{}/{}", "row", "place", "key")
    return pl.DataFrame(
        {
            "return_id": printed["returnId"],
            "line": printed["line"],
            "label": printed["label"],
            "column": word(printed["key"], COLUMNS),
            "amount_fen": fen(printed["printed"]),
            "page": printed["page"],
            "pointer": printed.select(pointer).to_series(),
        }
    )
