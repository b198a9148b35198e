"""全量发票查询 of the invoice platform: the export (a row a line item) and the tables on its pages (a row an
invoice).

In the export 序号 numbers the invoices: rows that follow each other with one 序号 are one invoice, and its
amounts are their sums. Numbers and codes repeat in real registers and are never used for grouping.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.invoicekey import keyed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.sheet import frame
from normalizers.unified.page import document, table
from normalizers.values import fen, moment, number, rate, word
from schema.errors import ContractChanged
from schema.snapshot import Finding

SPREADSHEET, TABLES = "unified.invoice_xlsx", "unified.invoice_html"
FORMATS = frozenset({SPREADSHEET, TABLES})
PARSER = "unified.invoice/1"
_HEAD = ("序号", "开票日期", "金额", "税额", "价税合计", "发票票种", "发票状态")
_PARTIES = (
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "发票代码",
    "发票号码",
    "数电发票号码",
    "备注",
)
_ITEM = ("税收分类编码", "货物或应税劳务名称", "规格型号", "单位", "数量", "单价", "税率")
UNUSED = frozenset({"特定业务类型", "发票来源", "是否正数发票", "发票风险等级", "开票人"})
"""Headings that the schema has no column for; they are known, so they are no findings."""
SHEET = Shape(
    "全量发票查询导出结果",
    required=dict.fromkeys(_HEAD, TEXT),
    nullable=dict.fromkeys((*_PARTIES, *_ITEM), TEXT),
)
LISTED = Shape("全量发票查询", required=dict.fromkeys(_HEAD, TEXT), nullable=dict.fromkeys(_PARTIES, TEXT))
NUMERIC = frozenset({"序号", "数量", "单价", "金额", "税额", "价税合计"})
_SPECIAL, _ORDINARY = "special", "ordinary"
KINDS = {
    "数电发票（增值税专用发票）": _SPECIAL,
    "数电发票（普通发票）": _ORDINARY,
    "增值税专用发票": _SPECIAL,
    "增值税电子专用发票": _SPECIAL,
    "增值税普通发票": _ORDINARY,
    "增值税电子普通发票": _ORDINARY,
}
STATES = {"正常": "valid", "作废": "void", "已红冲-部分": "valid", "已红冲-全额": "valid"}
DIRECTIONS = ("out", "in")
_OFFSETS = r"被红冲蓝字(?:数电)?发票号码[:：]\s*(\d+)"
_ONE_INVOICE = ("序号", "开票日期", "发票票种", "发票状态", *_PARTIES)
"""What the rows of one invoice agree in."""


def read(pages: Sequence[Page]) -> Parsed:
    """Every record of the portal is kept: repeated numbers, equal rows, void and red ones too."""
    items: list[pl.DataFrame] = []
    findings: list[Finding] = []
    for index, page in enumerate(pages):
        rows, noticed = _page(page)
        place = (pl.lit(index, pl.Int64).alias("page"), pl.lit(_direction(page)).alias("direction"))
        items.append(rows.with_columns(*place))
        findings += noticed
    rows = _grouped(pl.concat(items, how="diagonal"))
    headers = _headers(rows)
    invoice, invoice_line = keyed(headers, _lines(rows))
    found = dict(headers.group_by("page").len().iter_rows())
    tables = {
        "invoice": traced(invoice, pages, PARSER),
        "invoice_line": traced(invoice_line, pages, PARSER),
    }
    return Parsed(tables, [found.get(index, 0) for index in range(len(pages))], tuple(findings))


def _page(page: Page) -> tuple[pl.DataFrame, list[Finding]]:
    if page.raw.source_format == SPREADSHEET:
        rows, findings = frame(page, SHEET, numeric=NUMERIC, unused=UNUSED)
        return rows.with_columns(pl.format("A{}", "row").alias("pointer")), findings
    rows, findings = table(document(page), page, LISTED)
    return rows.with_columns(pl.format("tr[{}]", "row").alias("pointer")), findings


def _direction(page: Page) -> str:
    """The portal prints it nowhere in the export: the connector's locator says what it asked for."""
    asked = parse_qs(urlsplit(page.raw.locator).query).get("direction", [""])[0]
    if asked not in DIRECTIONS:
        raise ContractChanged("the locator of an invoice page does not say the direction")
    return asked


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``invoice``, one number an invoice, and amounts in fen.

    Raises ``ContractChanged`` for rows of one 序号 that differ.
    """
    rows = rows.with_columns(pl.struct("page", "序号").rle_id().alias("invoice"))
    invoices, kinds = rows["invoice"].n_unique(), rows.select("invoice", *_ONE_INVOICE).n_unique()
    if invoices != kinds:
        raise ContractChanged(f"序号 joins rows of different invoices, {kinds - invoices} times")
    return rows.with_columns(
        fen(rows["金额"]).alias("amount_fen"),
        fen(rows["税额"]).alias("tax_fen"),
        fen(rows["价税合计"]).alias("total_fen"),
    )


def _headers(rows: pl.DataFrame) -> pl.DataFrame:
    sums = pl.col("amount_fen", "tax_fen", "total_fen").sum()
    raw = rows.group_by("invoice", maintain_order=True).agg(
        pl.col("page", "pointer", "direction", *_ONE_INVOICE).first(), sums
    )
    issued_at, has_time = moment(raw["开票日期"])
    digital = pl.col("数电发票号码").is_not_null()
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["invoice"],
            "direction": raw["direction"],
            "medium": raw.select(
                pl.when(digital).then(pl.lit("digital")).otherwise(pl.lit("tax_control"))
            ).to_series(),
            "kind": word(raw["发票票种"], KINDS),
            "code": raw["发票代码"],
            "number": raw.select(pl.coalesce("数电发票号码", "发票号码")).to_series(),
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["销方识别号"],
            "seller_name": raw["销方名称"],
            "buyer_id": raw["购方识别号"],
            "buyer_name": raw["购买方名称"],
            "amount_fen": raw["amount_fen"],
            "tax_fen": raw["tax_fen"],
            "total_fen": raw["total_fen"],
            "state": word(raw["发票状态"], STATES),
            "original_number": raw["备注"].str.extract(_OFFSETS),
            "pointer": raw["pointer"],
        }
    )


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that name an item. A page's table has none."""
    if "货物或应税劳务名称" not in rows.columns:
        return pl.DataFrame(schema={"page": pl.Int64, "row": rows.schema["invoice"]})
    raw = rows.filter(pl.col("货物或应税劳务名称").is_not_null())
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["invoice"],
            "line": raw.select(pl.int_range(1, pl.len() + 1).over("invoice")).to_series(),
            "item_name": raw["货物或应税劳务名称"],
            "tax_class": raw["税收分类编码"],
            "specification": raw["规格型号"],
            "unit": raw["单位"],
            "quantity": number(raw["数量"]),
            "unit_price": number(raw["单价"]),
            "tax_rate": rate(raw["税率"]),
            "amount_fen": raw["amount_fen"],
            "tax_fen": raw["tax_fen"],
            "pointer": raw["pointer"],
        }
    )
