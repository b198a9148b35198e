"""全量发票查询导出结果: the invoice platform's spreadsheet, one row a line item, 序号 one number an invoice.

The rows of an invoice add up to its own 金额, 税额 and 价税合计; one without items is one row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

import xlsxwriter

from sandbox.company import InvoiceLineRecord, InvoiceRecord

HEADER = (
    "序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号",
    "购买方名称", "开票日期", "税收分类编码", "特定业务类型", "货物或应税劳务名称", "规格型号", "单位",
    "数量", "单价", "金额", "税率", "税额", "价税合计", "发票来源",
    "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注",
)  # fmt: skip
_RENAMED = {"金额": "不含税金额", "发票状态": "票面状态"}

Cell = str | float | int


def workbook(records: list[InvoiceRecord], changed: bool) -> bytes:
    """The file's bytes; ``changed`` renames two headings, as a portal's new version does."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet("信息汇总表")
        sheet.write_row(0, 0, [_RENAMED.get(name, name) if changed else name for name in HEADER])
        for index, row in enumerate(chain.from_iterable(map(_rows, range(1, len(records) + 1), records)), 1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    if value:
                        sheet.write_string(index, column, value)
                else:
                    sheet.write_number(index, column, value)
    return buffer.getvalue()


def kind(record: InvoiceRecord) -> str:
    """发票票种 as printed."""
    name = "增值税专用发票" if record.special else "普通发票"
    if record.digital:
        return f"数电发票（{name}）"
    return name if record.special else f"增值税{name}"


def remark(record: InvoiceRecord) -> str:
    """备注: a red invoice names the blue one that it offsets."""
    if not record.original_number:
        return ""
    return f"被红冲蓝字{'数电' if record.digital else ''}发票号码：{record.original_number}"


def _rows(number: int, record: InvoiceRecord) -> Iterator[list[Cell]]:
    lines = record.lines or (None,)
    rest = record.total
    for line in lines:
        amount, tax = (line.amount, line.tax) if line else (record.amount, record.tax)
        total = rest if line is lines[-1] else amount + tax
        rest -= total
        yield _row(number, record, line, amount, tax, total)


def _row(
    number: int,
    record: InvoiceRecord,
    line: InvoiceLineRecord | None,
    amount: Decimal,
    tax: Decimal,
    total: Decimal,
) -> list[Cell]:
    issued = record.issued_at
    return [
        number,
        record.code,
        "" if record.digital else record.number,
        record.number if record.digital else "",
        record.seller_id,
        record.seller_name,
        record.buyer_id,
        record.buyer_name,
        f"{issued:%Y-%m-%d %H:%M:%S}" if record.has_time else f"{issued:%Y-%m-%d}",
        line.tax_class if line else "",
        "",
        line.name if line else "",
        line.specification if line else "",
        line.unit if line else "",
        float(line.quantity) if line else "",
        float(line.unit_price) if line else "",
        float(amount),
        line.rate if line else "",
        float(tax),
        float(total),
        "电子发票服务平台" if record.digital else "增值税发票管理系统",
        kind(record),
        record.state,
        "是" if record.amount >= 0 else "否",
        "正常",
        "沙盒开票员",
        remark(record),
    ]
