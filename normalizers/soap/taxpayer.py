"""纳税人登记信息 of the SOAP gateway."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.soap.page import HEAD, whole
from normalizers.values import day, fen, word

FORMATS = frozenset({"soap.taxpayer"})
PARSER = "soap.taxpayer/1"
SHAPE = Shape(
    "GetTaxpayer",
    required=HEAD | dict.fromkeys(("Nsrmc", "Nsrlx", "Nsrzt", "Djrq", "Hydm", "Hymc", "Fddbrxm"), TEXT),
    nullable=dict.fromkeys(("Ybnsrrdrq", "Zcdz", "Zgkpxe"), TEXT),
)
KINDS: dict[str, str | None] = {"一般纳税人": "general", "小规模纳税人": "small_scale"}
STATES: dict[str, str | None] = {
    "正常": "normal",
    "非正常户": "abnormal",
    "停业": "suspended",
    "注销": "cancelled",
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
            "taxpayer_id": raw["Nsrsbh"],
            "name": raw["Nsrmc"],
            "taxpayer_kind": word(raw["Nsrlx"], KINDS),
            "status": word(raw["Nsrzt"], STATES),
            "general_since": day(raw["Ybnsrrdrq"]),
            "registered_on": day(raw["Djrq"]),
            "industry_code": raw["Hydm"],
            "industry_name": raw["Hymc"],
            "legal_representative": raw["Fddbrxm"],
            "address": raw["Zcdz"],
            "invoice_cap_fen": fen(raw["Zgkpxe"]),
            "page": raw["page"].cast(pl.Int64),
        }
    ).with_columns(pl.lit("GetTaxpayerResponse").alias("pointer"))
