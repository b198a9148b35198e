"""纳税人信息 of the bureau."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.unified.page import document, pairs
from normalizers.values import day, fen, word

FORMATS = frozenset({"unified.taxpayer_html"})
PARSER = "unified.taxpayer/1"
SHAPE = Shape(
    "纳税人信息",
    required=dict.fromkeys(
        (
            "纳税人识别号",
            "纳税人名称",
            "纳税人资格",
            "纳税人状态",
            "登记日期",
            "行业代码",
            "所属行业",
            "法定代表人",
        ),
        TEXT,
    ),
    nullable=dict.fromkeys(("一般纳税人有效期起", "单张最高开票限额", "注册地址"), TEXT),
)
KINDS = {"一般纳税人": "general", "小规模纳税人": "small_scale"}
STATES = {"正常": "normal", "非正常户": "abnormal", "停业": "suspended", "注销": "cancelled"}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a page."""
    read_pages = [pairs(document(page), page, SHAPE) for page in pages]
    rows = pl.concat([raw for raw, _ in read_pages]).with_row_index("page")
    findings = tuple(finding for _, noticed in read_pages for finding in noticed)
    return Parsed({"taxpayer": traced(_rows(rows), pages, PARSER)}, [1] * len(pages), findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "taxpayer_id": raw["纳税人识别号"],
            "name": raw["纳税人名称"],
            "taxpayer_kind": word(raw["纳税人资格"], KINDS),
            "status": word(raw["纳税人状态"], STATES),
            "general_since": day(raw["一般纳税人有效期起"]),
            "registered_on": day(raw["登记日期"]),
            "industry_code": raw["行业代码"],
            "industry_name": raw["所属行业"],
            "legal_representative": raw["法定代表人"],
            "address": raw["注册地址"],
            "invoice_cap_fen": fen(raw["单张最高开票限额"]),
            "page": raw["page"].cast(pl.Int64),
        }
    ).with_columns(pl.lit("纳税人信息").alias("pointer"))
