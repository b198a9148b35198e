"""纳税人登记信息 of a delivery: a file of one row."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.filedrop.page import table
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import day, fen, word

FORMATS = frozenset({"filedrop.taxpayer"})
PARSER = "filedrop.taxpayer/1"
SHAPE = Shape(
    "登记信息",
    required=dict.fromkeys(
        (
            "纳税人识别号",
            "纳税人名称",
            "纳税人类型",
            "纳税人状态",
            "登记日期",
            "行业代码",
            "行业名称",
            "法定代表人",
        ),
        TEXT,
    ),
    nullable=dict.fromkeys(("一般纳税人认定日期", "注册地址", "最高开票限额"), TEXT),
)
NUMERIC = frozenset({"最高开票限额"})
KINDS: dict[str, str | None] = {"一般纳税人": "general", "小规模纳税人": "small_scale"}
STATES: dict[str, str | None] = {
    "正常": "normal",
    "非正常户": "abnormal",
    "停业": "suspended",
    "注销": "cancelled",
}


def read(pages: Sequence[Page]) -> Parsed:
    """One row a file."""
    found = [table(page, SHAPE, numeric=NUMERIC) for page in pages]
    rows = pl.concat(
        each.rows.with_columns(pl.lit(index, pl.Int64).alias("page")) for index, each in enumerate(found)
    )
    findings = tuple(finding for each in found for finding in each.findings)
    counts = [each.rows.height for each in found]
    return Parsed({"taxpayer": traced(_rows(rows), pages, PARSER)}, counts, findings)


def _rows(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "taxpayer_id": raw["纳税人识别号"],
            "name": raw["纳税人名称"],
            "taxpayer_kind": word(raw["纳税人类型"], KINDS),
            "status": word(raw["纳税人状态"], STATES),
            "general_since": day(raw["一般纳税人认定日期"]),
            "registered_on": day(raw["登记日期"]),
            "industry_code": raw["行业代码"],
            "industry_name": raw["行业名称"],
            "legal_representative": raw["法定代表人"],
            "address": raw["注册地址"],
            "invoice_cap_fen": fen(raw["最高开票限额"]),
            "page": raw["page"],
            "pointer": raw.select(pl.format("A{}", "row")).to_series(),
        }
    )
