"""纳税人登记信息 of the platform."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.jsonpage import whole
from normalizers.oauth.page import OWNER
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word

FORMATS = frozenset({"oauth.taxpayer"})
PARSER = "oauth.taxpayer/1"
SHAPE = Shape(
    "taxpayer",
    required=OWNER
    | dict.fromkeys(
        ("name", "kind", "status", "registeredOn", "industryCode", "industryName", "legalRepresentative"),
        TEXT,
    ),
    nullable=dict.fromkeys(("generalSince", "address", "invoiceCap"), TEXT),
)
KINDS = {"GENERAL": "general", "SMALL_SCALE": "small_scale"}
STATES = {
    "NORMAL": "normal",
    "ABNORMAL": "abnormal",
    "SUSPENDED": "suspended",
    "CANCELLED": "cancelled",
}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a page."""
    read_pages = [whole(page, SHAPE) for page in pages]
    rows = pl.concat([raw for raw, _ in read_pages]).with_row_index("page")
    findings = tuple(finding for _, noticed in read_pages for finding in noticed)
    return Parsed({"taxpayer": traced(_rows(rows), pages, PARSER)}, [1] * len(pages), findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "taxpayer_id": raw["taxpayerId"],
            "name": raw["name"],
            "taxpayer_kind": word(raw["kind"], KINDS),
            "status": word(raw["status"], STATES),
            "general_since": day(raw["generalSince"]),
            "registered_on": day(raw["registeredOn"]),
            "industry_code": raw["industryCode"],
            "industry_name": raw["industryName"],
            "legal_representative": raw["legalRepresentative"],
            "address": raw["address"],
            "invoice_cap_fen": fen(raw["invoiceCap"]),
            "page": raw["page"].cast(pl.Int64),
        }
    ).with_columns(pl.lit("").alias("pointer"))
