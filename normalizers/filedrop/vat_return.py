"""增值税申报表 of a delivery: a row a figure, 申报序号 one number a return."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.filedrop.page import table
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word
from schema.errors import ContractChanged

FORMATS = frozenset({"filedrop.tax_return"})
PARSER = "filedrop.tax_return/1"
_RETURN = ("申报序号", "表种", "所属期起", "所属期止", "申报期限", "申报日期")
SHAPE = Shape(
    "增值税申报",
    dict.fromkeys((*_RETURN, "栏次", "栏目名称"), TEXT),
    nullable=dict.fromkeys(("更正申报序号", "本期数", "本年累计"), TEXT),
)
NUMERIC = frozenset({"本期数", "本年累计"})
FORMS: dict[str, str | None] = {"一般纳税人": "vat_general", "小规模纳税人": "vat_small"}
COLUMNS: dict[str, str | None] = {"本期数": "current", "本年累计": "year_to_date"}


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a return, ``tax_return_line`` a row a figure that is printed."""
    found = [table(page, SHAPE, numeric=NUMERIC) for page in pages]
    rows = pl.concat(
        each.rows.with_columns(pl.lit(index, pl.Int64).alias("page")) for index, each in enumerate(found)
    )
    one = rows.group_by("page", *_RETURN, "更正申报序号", maintain_order=True).agg(pl.col("row").first())
    if one.select("page", "申报序号").is_duplicated().any():
        raise ContractChanged("申报序号 joins rows of different returns")
    counts = dict(one.group_by("page").len().iter_rows())
    tables = {
        "tax_return": traced(_returns(one), pages, PARSER),
        "tax_return_line": traced(_lines(rows), pages, PARSER),
    }
    findings = tuple(finding for each in found for finding in each.findings)
    return Parsed(tables, [counts.get(index, 0) for index in range(len(pages))], findings)


def _returns(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "return_id": raw["申报序号"],
            "form": word(raw["表种"], FORMS),
            "period_start": day(raw["所属期起"]),
            "period_end": day(raw["所属期止"]),
            "due_on": day(raw["申报期限"]),
            "event_date": day(raw["申报日期"]),
            "corrects": raw["更正申报序号"],
            "page": raw["page"],
            "pointer": raw.select(pl.format("A{}", "row")).to_series(),
        }
    )


def _lines(raw: pl.DataFrame) -> pl.DataFrame:
    index = ["page", "row", "申报序号", "栏次", "栏目名称"]
    figures = raw.unpivot(list(COLUMNS), index=index, variable_name="key", value_name="printed")
    printed = figures.filter(pl.col("printed").is_not_null())
    return pl.DataFrame(
        {
            "return_id": printed["申报序号"],
            "line": printed["栏次"],
            "label": printed["栏目名称"],
            "column": word(printed["key"], COLUMNS),
            "amount_fen": fen(printed["printed"]),
            "page": printed["page"],
            "pointer": printed.select(pl.format("{}{}", "key", "row")).to_series(),
        }
    )
