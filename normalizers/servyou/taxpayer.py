"""纳税人登记信息 of the bureau, and the list of duties that tells what kind of VAT taxpayer it is.

The record has a hundred fields; those that the schema has no place for are not listed here, and none is
reported as new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from normalizers.contract import TEXT, Shape, check
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.servyou.page import records, value
from normalizers.values import day, word
from normalizers.vatforms import TAXPAYER_STATES
from schema.errors import ContractChanged, DataConflict

RECORD, DUTIES = "servyou.taxpayer", "servyou.taxpayer_duties"
FORMATS = frozenset({RECORD, DUTIES})
PARSER = "servyou.taxpayer/1"
SHAPE = Shape(
    "nsrxx",
    dict.fromkeys(("nsrsbh", "nsrmc", "nsrztDm", "djrq", "hyDm", "fddbrxm"), TEXT),
    nullable={"zcdz": TEXT},
)
KINDS = {"10101": "general", "10102": "small_scale", "10103": "small_scale"}
"""申报种类 of the VAT returns: general; small-scale monthly, quarterly."""


def read(pages: Sequence[Page]) -> Parsed:
    """One row a record; ``taxpayer_kind`` is null unless a list of duties came with it."""
    kept = [index for index, page in enumerate(pages) if page.raw.source_format == RECORD]
    kind = _kind([page for page in pages if page.raw.source_format == DUTIES])
    raw = pl.concat([_record(pages[index]) for index in kept])
    rows = pl.DataFrame(
        {
            "taxpayer_id": raw["nsrsbh"],
            "name": raw["nsrmc"],
            "taxpayer_kind": pl.Series([kind] * raw.height, dtype=pl.String),
            "status": word(raw["nsrztDm"], TAXPAYER_STATES),
            "registered_on": day(raw["djrq"]),
            "industry_code": raw["hyDm"],
            "legal_representative": raw["fddbrxm"],
            "address": raw["zcdz"],
            "page": pl.Series(kept, dtype=pl.Int64),
        }
    ).with_columns(pl.lit("/value").alias("pointer"))
    counts = [int(page.raw.source_format == RECORD) for page in pages]
    return Parsed({"taxpayer": traced(rows, pages, PARSER)}, counts)


def _record(page: Page) -> pl.DataFrame:
    found = value(page)
    if not isinstance(found, dict):
        raise ContractChanged(f"{page.raw.locator} is no record")
    known: dict[str, Any] = {
        name: found[name] for name in (*SHAPE.required, *SHAPE.nullable) if name in found
    }
    return check(pl.DataFrame([known]), SHAPE, page.raw.dataset)[0]


def _kind(duties: Sequence[Page]) -> str | None:
    """Raises ``DataConflict`` for a company that would be both."""
    found = {
        KINDS[each["sbzlDm"]]
        for page in duties
        for each in records(page, "sbzlDm")
        if each["sbzlDm"] in KINDS
    }
    if len(found) > 1:
        raise DataConflict("the list of duties has VAT returns of both kinds")
    return found.pop() if found else None
