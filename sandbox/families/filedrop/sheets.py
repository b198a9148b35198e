"""The files of a delivery: CSV as a Chinese Excel writes it, and workbooks.

A CSV is GBK (or GB18030, where GBK lacks a character) or UTF-8 with a mark; ids and numbers are ``="…"`` so
that Excel leaves them alone; amounts have thousands separators; a last row 合计 has the totals.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter

from sandbox.company import Company, InvoiceLineRecord, InvoiceRecord, VatReturn

Row = Sequence[object]
_RENAMED = {"金额": "不含税金额", "评价等级": "等级", "纳税人名称": "企业名称", "本期数": "本期金额"}
"""What the fault ``layout_changed`` does to the headings."""


@dataclass(frozen=True)
class Sheet:
    """``texts`` are columns that Excel must not take for numbers; ``totals`` those with a total below them.
    ``records`` is how many things the rows tell of."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Row]
    records: int
    texts: frozenset[str] = frozenset()
    totals: frozenset[str] = frozenset()

    def csv(self, *, changed: bool, marked: bool = False) -> bytes:
        """``marked`` is UTF-8 with its mark; else GBK, or GB18030."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_headings(self.headings, changed))
        for row in self.rows:
            writer.writerow(
                [_cell(name, value, self.texts) for name, value in zip(self.headings, row, strict=True)]
            )
        if self.totals:
            sums = {name: Decimal(0) for name in self.totals}
            for row in self.rows:
                for name, value in zip(self.headings, row, strict=True):
                    if name in sums and isinstance(value, Decimal):
                        sums[name] += value
            total = [f"{sums[name]:,}" if name in sums else "" for name in self.headings]
            writer.writerow(["合计", *total[1:]])
        if marked:
            return text.getvalue().encode("utf-8-sig")
        try:
            return text.getvalue().encode("gbk")
        except UnicodeEncodeError:
            return text.getvalue().encode("gb18030")

    def xlsx(self, *, changed: bool) -> bytes:
        """A workbook without formulas: amounts as numbers, all else as text."""
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            page = book.add_worksheet("数据")
            page.write_row(0, 0, _headings(self.headings, changed))
            for index, row in enumerate(self.rows, 1):
                for column, value in enumerate(row):
                    if isinstance(value, Decimal):
                        page.write_number(index, column, float(value))
                    elif value not in (None, ""):
                        page.write_string(index, column, str(value))
        return buffer.getvalue()


def taxpayer(company: Company) -> Sheet:
    """纳税人登记信息."""
    facts: Mapping[str, object] = {
        "纳税人识别号": company.taxpayer_id,
        "纳税人名称": company.name,
        "纳税人类型": "一般纳税人" if company.general else "小规模纳税人",
        "纳税人状态": company.status,
        "一般纳税人认定日期": company.general_since or "",
        "登记日期": company.registered_on,
        "行业代码": company.industry_code,
        "行业名称": company.industry_name,
        "法定代表人": company.legal_representative,
        "注册地址": company.address,
        "最高开票限额": company.invoice_cap,
    }
    texts = frozenset({"纳税人识别号", "行业代码"})
    return Sheet("登记信息", list(facts), [list(facts.values())], 1, texts)


def credit(company: Company) -> Sheet:
    """纳税信用等级, oldest first."""
    rows = [(str(each.year), each.grade, each.score, each.published_on) for each in company.ratings]
    return Sheet("信用等级", ("评价年度", "评价等级", "评价得分", "公布日期"), rows, len(rows))


def vat(returns: Sequence[VatReturn]) -> Sheet:
    """增值税申报表, one row a figure."""
    headings = (
        "申报序号", "表种", "所属期起", "所属期止", "申报期限", "申报日期", "更正申报序号",
        "栏次", "栏目名称", "本期数", "本年累计",
    )  # fmt: skip
    rows = [
        (
            each.return_id, "一般纳税人" if each.general else "小规模纳税人", each.start, each.end,
            each.due_on, each.filed_on, "", line, label, current, to_date,
        )
        for each in returns
        for line, (label, current, to_date) in each.lines.items()
    ]  # fmt: skip
    texts = frozenset({"申报序号", "更正申报序号"})
    return Sheet("增值税申报", headings, rows, len(returns), texts)


INVOICE = (
    "序号", "数据方向", "发票票种", "发票代码", "发票号码", "开票日期", "销方识别号", "销方名称",
    "购方识别号", "购方名称", "合计金额", "合计税额", "价税合计", "发票状态", "蓝字发票号码",
    "商品编码", "商品名称", "规格型号", "单位", "数量", "单价", "税率", "金额", "税额",
)  # fmt: skip
_INVOICE_TEXTS = frozenset({"发票代码", "发票号码", "销方识别号", "购方识别号", "蓝字发票号码", "商品编码"})


def invoices(found: Sequence[InvoiceRecord], direction: str) -> Sheet:
    """发票 of one 数据方向 (开具, 取得), one row a line item, 序号 one number an invoice."""
    rows = [row for number, each in enumerate(found, 1) for row in _invoice(number, each, direction)]
    totals = frozenset({"金额", "税额"})
    return Sheet(f"发票_{direction}", INVOICE, rows, len(found), _INVOICE_TEXTS, totals)


def _invoice(number: int, record: InvoiceRecord, direction: str) -> Iterator[Row]:
    issued = record.issued_at
    head = (
        str(number),
        direction,
        ("数电发票" if record.digital else "税控发票") + ("（专用）" if record.special else "（普通）"),
        record.code,
        record.number,
        f"{issued:%Y-%m-%d %H:%M:%S}" if record.has_time else f"{issued:%Y-%m-%d}",
        record.seller_id,
        record.seller_name,
        record.buyer_id,
        record.buyer_name,
        record.amount,
        record.tax,
        record.total,
        record.state,
        record.original_number,
    )
    lines: Iterable[InvoiceLineRecord | None] = record.lines or (None,)
    for line in lines:
        yield (*head, *_line(record, line))


def _line(record: InvoiceRecord, line: InvoiceLineRecord | None) -> Row:
    if line is None:
        return ("", "", "", "", "", "", "", record.amount, record.tax)
    return (
        line.tax_class, line.name, line.specification, line.unit, line.quantity or "", line.unit_price or "",
        line.rate, line.amount, line.tax,
    )  # fmt: skip


def _headings(names: Sequence[str], changed: bool) -> list[str]:
    return [_RENAMED.get(name, name) if changed else name for name in names]


def _cell(name: str, value: object, texts: frozenset[str]) -> str:
    if name in texts and value:
        return f'="{value}"'
    return f"{value:,}" if isinstance(value, Decimal) else str(value or "")
