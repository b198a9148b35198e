"""纳税人登记信息 of the gateway."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.jsonpage import HEAD, whole
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word

FORMATS = frozenset({"gateway.taxpayer"})
PARSER = "gateway.taxpayer/1"
SHAPE = Shape(
    "taxpayer",
    required=HEAD | dict.fromkeys(("nsrmc", "nsrlx", "nsrzt", "djrq", "hydm", "hymc", "fddbrxm"), TEXT),
    nullable=dict.fromkeys(("ybnsrrdrq", "zcdz", "zgkpxe"), TEXT),
)
KINDS = {"1": "general", "2": "small_scale"}
STATES = {"正常": "normal", "非正常户": "abnormal", "停业": "suspended", "注销": "cancelled"}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a page."""
    read_pages = [whole(page, SHAPE) for page in pages]
    rows = pl.concat([raw for raw, _ in read_pages]).with_row_index("page")
    findings = tuple(finding for _, noticed in read_pages for finding in noticed)
    return Parsed({"taxpayer": traced(_rows(rows), pages, PARSER)}, [1] * len(pages), findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "taxpayer_id": raw["nsrsbh"],
            "name": raw["nsrmc"],
            "taxpayer_kind": word(raw["nsrlx"], KINDS),
            "status": word(raw["nsrzt"], STATES),
            "general_since": day(raw["ybnsrrdrq"]),
            "registered_on": day(raw["djrq"]),
            "industry_code": raw["hydm"],
            "industry_name": raw["hymc"],
            "legal_representative": raw["fddbrxm"],
            "address": raw["zcdz"],
            "invoice_cap_fen": fen(raw["zgkpxe"]),
            "page": raw["page"].cast(pl.Int64),
        }
    ).with_columns(pl.lit("").alias("pointer"))
