"""发票 of a delivery: a row a line item, 序号 one number an invoice, the invoice's own totals in each row.

Numbers and codes repeat in real registers and are never used for grouping.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from normalizers.contract import TEXT, Shape
from normalizers.filedrop.page import Table, table
from normalizers.invoicekey import keyed
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.values import fen, moment, number, rate, word
from schema.errors import ContractChanged, DataConflict

FORMATS = frozenset({"filedrop.invoice"})
PARSER = "filedrop.invoice/1"
_HEAD = (
    "序号",
    "数据方向",
    "发票票种",
    "发票号码",
    "开票日期",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购方名称",
    "合计金额",
    "合计税额",
    "价税合计",
    "发票状态",
)
_MAYBE = ("发票代码", "蓝字发票号码")
_ITEM = ("商品编码", "商品名称", "规格型号", "单位", "数量", "单价", "税率")
SHAPE = Shape(
    "发票",
    dict.fromkeys((*_HEAD, "金额", "税额"), TEXT),
    nullable=dict.fromkeys((*_MAYBE, *_ITEM), TEXT),
)
NUMERIC = frozenset({"序号", "合计金额", "合计税额", "价税合计", "数量", "单价", "金额", "税额"})
DIRECTIONS: dict[str, str | None] = {"开具": "out", "取得": "in"}
_KINDS = {
    "数电发票（专用）": ("digital", "special"),
    "数电发票（普通）": ("digital", "ordinary"),
    "税控发票（专用）": ("tax_control", "special"),
    "税控发票（普通）": ("tax_control", "ordinary"),
}
MEDIA: dict[str, str | None] = {name: medium for name, (medium, _) in _KINDS.items()}
KINDS: dict[str, str | None] = {name: kind for name, (_, kind) in _KINDS.items()}
STATES: dict[str, str | None] = {"正常": "valid", "作废": "void"}


def read(pages: Sequence[Page]) -> Parsed:
    """Every record of the portal is kept: repeated numbers, equal rows, void and red ones too."""
    found = [table(page, SHAPE, numeric=NUMERIC) for page in pages]
    rows = pl.concat(
        _items(each, page).with_columns(pl.lit(index, pl.Int64).alias("page"))
        for index, (page, each) in enumerate(zip(pages, found, strict=True))
    ).with_columns(pl.struct("page", "序号").rle_id().alias("invoice"))
    headers = _headers(rows)
    invoice, invoice_line = keyed(headers, _lines(rows))
    counts = dict(headers.group_by("page").len().iter_rows())
    tables = {
        "invoice": traced(invoice, pages, PARSER),
        "invoice_line": traced(invoice_line, pages, PARSER),
    }
    findings = tuple(finding for each in found for finding in each.findings)
    return Parsed(tables, [counts.get(index, 0) for index in range(len(pages))], findings)


def _items(found: Table, page: Page) -> pl.DataFrame:
    """The rows with ``amount_fen`` and ``tax_fen``. Raises ``DataConflict`` when they are not what the file's
    own totals row says."""
    rows = found.rows.with_columns(
        fen(found.rows["金额"]).alias("amount_fen"), fen(found.rows["税额"]).alias("tax_fen")
    )
    for name, sums in (("金额", rows["amount_fen"]), ("税额", rows["tax_fen"])):
        if found.totals and fen(pl.Series(name, [found.totals[name]]))[0] != sums.sum():
            raise DataConflict(f"{page.raw.locator}: the rows of {name} are not their total")
    return rows


def _headers(rows: pl.DataFrame) -> pl.DataFrame:
    """One row an invoice. Raises ``ContractChanged`` for rows of one 序号 that differ."""
    raw = rows.group_by("invoice", *_HEAD, *_MAYBE, maintain_order=True).agg(pl.col("page", "row").first())
    if raw["invoice"].is_duplicated().any():
        raise ContractChanged("序号 joins rows of different invoices")
    issued_at, has_time = moment(raw["开票日期"])
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["invoice"],
            "direction": word(raw["数据方向"], DIRECTIONS),
            "medium": word(raw["发票票种"], MEDIA),
            "kind": word(raw["发票票种"], KINDS),
            "code": raw["发票代码"],
            "number": raw["发票号码"],
            "issued_at": issued_at,
            "has_time": has_time,
            "seller_id": raw["销方识别号"],
            "seller_name": raw["销方名称"],
            "buyer_id": raw["购方识别号"],
            "buyer_name": raw["购方名称"],
            "amount_fen": fen(raw["合计金额"]),
            "tax_fen": fen(raw["合计税额"]),
            "total_fen": fen(raw["价税合计"]),
            "state": word(raw["发票状态"], STATES),
            "original_number": raw["蓝字发票号码"],
            "pointer": raw.select(pl.format("A{}", "row")).to_series(),
        }
    )


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that name an item."""
    raw = rows.filter(pl.col("商品名称").is_not_null())
    return pl.DataFrame(
        {
            "page": raw["page"],
            "row": raw["invoice"],
            "line": raw.select(pl.int_range(1, pl.len() + 1).over("invoice")).to_series(),
            "item_name": raw["商品名称"],
            "tax_class": raw["商品编码"],
            "specification": raw["规格型号"],
            "unit": raw["单位"],
            "quantity": number(raw["数量"]),
            "unit_price": number(raw["单价"]),
            "tax_rate": rate(raw["税率"]),
            "amount_fen": raw["amount_fen"],
            "tax_fen": raw["tax_fen"],
            "pointer": raw.select(pl.format("A{}", "row")).to_series(),
        }
    )
