"""纳税人登记信息 of the bureau: ``nsrjbxx`` within the body of the VAT form that the company files.

The record has a hundred fields; those that the schema has no place for are not listed here, and none is
reported as new. General or small-scale is told by the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from normalizers.contract import TEXT, Shape, check
from normalizers.foresee.page import at, form
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, word
from normalizers.vatforms import TAXPAYER_STATES

FORMATS = frozenset({"foresee.taxpayer"})
PARSER = "foresee.taxpayer/1"
SHAPE = Shape(
    "nsrjbxx",
    dict.fromkeys(("ywbm", "nsrsbh", "nsrmc", "nsrztDm", "djrq", "hyDm", "hymc", "frxm"), TEXT),
    nullable={"zcdz": TEXT},
)
KINDS = {"ybnsrzzs": "general", "xgmzzs": "small_scale"}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a page."""
    records = [_record(page) for page in pages]
    raw = pl.concat([check(pl.DataFrame([each]), SHAPE, page.raw.dataset)[0] for each, page in records])
    rows = pl.DataFrame(
        {
            "taxpayer_id": raw["nsrsbh"],
            "name": raw["nsrmc"],
            "taxpayer_kind": word(raw["ywbm"], KINDS),
            "status": word(raw["nsrztDm"], TAXPAYER_STATES),
            "registered_on": day(raw["djrq"]),
            "industry_code": raw["hyDm"],
            "industry_name": raw["hymc"],
            "legal_representative": raw["frxm"],
            "address": raw["zcdz"],
            "page": pl.Series(range(len(pages)), dtype=pl.Int64),
        }
    ).with_columns(pl.lit("/body/qcs/initData/nsrjbxx").alias("pointer"))
    return Parsed({"taxpayer": traced(rows, pages, PARSER)}, [1] * len(pages))


def _record(page: Page) -> tuple[dict[str, Any], Page]:
    outer, body = form(page)
    record = at(body, "qcs", "initData", "nsrjbxx")
    known = {name: record[name] for name in (*SHAPE.required, *SHAPE.nullable) if name in record}
    return {"ywbm": outer.get("ywbm"), **known}, page
