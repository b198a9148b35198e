"""申报表 of the gateway: VAT and income tax, one figure a line and column. A line of a schedule has the
schedule's code before it: `A201030/1`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape
from normalizers.jsonpage import HEAD, Listed, Listing
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word

FORMATS = frozenset({"gateway.tax_return"})
PARSER = "gateway.tax_return/1"
PAGE = Shape("tax_return", required=HEAD | {"zts": COUNT}, lists=frozenset({"sbxx"}))
FILED = Shape(
    "tax_return.sbxx",
    required=dict.fromkeys(("sbxh", "sbblx", "skssqq", "skssqz", "sbqx", "sbrq"), TEXT),
    nullable={"gzsbxh": TEXT},
    lists=frozenset({"mx"}),
)
LINE = Shape(
    "tax_return.sbxx.mx", dict.fromkeys(("lc", "lcmc"), TEXT), nullable=dict.fromkeys(("bys", "bnlj"), TEXT)
)
FORMS = {
    "ZZSYBNSR": "vat_general",
    "ZZSXGM": "vat_small",
    "QYSDSYJA": "cit_quarterly",
    "QYSDSNDA": "cit_annual",
    "QYSDSB": "cit_deemed",
}
COLUMNS = {"bys": "current", "bnlj": "year_to_date"}
LISTED = Listed(PAGE, FILED, LINE)
prepare = LISTED.prepare


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a return, ``tax_return_line`` a row a figure that is printed; those of
    schedules are told apart where there are any."""
    found = LISTED.read(pages)
    lines = _lines(found)
    inner = lines["line"].str.contains("/", literal=True)
    tables = {
        "tax_return": traced(_returns(found.rows), pages, PARSER),
        "tax_return_line": traced(lines.filter(~inner), pages, PARSER),
    }
    if inner.any():
        tables["tax_return_schedule_line"] = traced(_schedules(lines.filter(inner)), pages, PARSER)
    return Parsed(tables, found.counts, found.findings)


def _returns(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "return_id": raw["sbxh"],
            "form": word(raw["sbblx"], FORMS),
            "period_start": day(raw["skssqq"]),
            "period_end": day(raw["skssqz"]),
            "due_on": day(raw["sbqx"]),
            "event_date": day(raw["sbrq"]),
            "corrects": raw["gzsbxh"],
            "page": raw["page"],
            "row": raw["row"],
        }
    ).select(pl.exclude("row"), pl.format("/sbxx/{}", "row").alias("pointer"))


def _lines(found: Listing) -> pl.DataFrame:
    ids = found.rows.select("page", "row", "sbxh")
    raw = found.nested.join(ids, on=["page", "row"], how="left", maintain_order="left")
    index = ["page", "row", "place", "sbxh", "lc", "lcmc"]
    figures = raw.unpivot(list(COLUMNS), index=index, variable_name="key", value_name="printed")
    printed = figures.filter(pl.col("printed").is_not_null())
    return pl.DataFrame(
        {
            "return_id": printed["sbxh"],
            "line": printed["lc"],
            "label": printed["lcmc"],
            "column": word(printed["key"], COLUMNS),
            "amount_fen": fen(printed["printed"]),
            "page": printed["page"],
            "pointer": printed.select(pl.format("/sbxx/{}/mx/{}/{}", "row", "place", "key")).to_series(),
        }
    )


def _schedules(lines: pl.DataFrame) -> pl.DataFrame:
    parts = lines["line"].str.split_exact("/", 1)
    return lines.with_columns(
        parts.struct.field("field_0").alias("schedule"), parts.struct.field("field_1").alias("line")
    ).select("return_id", "schedule", "line", "label", "column", "amount_fen", "page", "pointer")
