"""发票 (INV) and their lines (ITM)."""

from __future__ import annotations

from schema.rows.row import Fen, Local, Measure, Row, Small, required, told
from schema.terms import Term


class Direction(Term):
    """开具或取得."""

    OUT = "out", "开具（销项）"
    IN = "in", "取得（进项）"


class Medium(Term):
    """票种介质."""

    DIGITAL = "digital", "数电票"
    TAX_CONTROL = "tax_control", "税控发票"


class InvoiceKind(Term):
    """发票类型."""

    SPECIAL = "special", "专用发票"
    ORDINARY = "ordinary", "普通发票"


class InvoiceState(Term):
    """发票状态."""

    VALID = "valid", "正常"
    VOID = "void", "作废"


class Regime(Term):
    """特殊计税方式."""

    EXEMPT = "exempt", "免税"
    UNTAXED = "untaxed", "不征税"
    DIFFERENCE = "difference", "差额征税"


class Reddened(Term):
    """被红冲程度."""

    PART = "part", "部分红冲"
    FULL = "full", "全额红冲"


class Invoice(Row):
    """One row an invoice."""

    invoice_key: str = required("发票键", "unique within a snapshot; joins `invoice_line`")
    direction: Direction | None = told("方向", "null where a file does not tell whose it is")
    medium: Medium | None = told("介质")
    kind: InvoiceKind | None = told("发票类型")
    code: str | None = told("发票代码", "null for 数电票")
    number: str = required("发票号码")
    issued_at: Local | None = told("开票时间", "Beijing time as printed; midnight when only a date is known")
    has_time: bool | None = told("是否有时间")
    seller_id: str | None = told("销方识别号")
    seller_name: str | None = told("销方名称")
    buyer_id: str | None = told("购方识别号")
    buyer_name: str | None = told("购方名称")
    amount_fen: Fen | None = told("金额", "without tax; negative for a red invoice")
    tax_fen: Fen | None = told("税额")
    total_fen: Fen | None = told("价税合计")
    state: InvoiceState = required("发票状态")
    regime: Regime | None = told("特殊计税方式", "null for the ordinary way")
    reddened: Reddened | None = told("被红冲", "of a blue invoice, as its source says")
    original_code: str | None = told("蓝字发票代码", "of the invoice that a red one offsets")
    original_number: str | None = told("蓝字发票号码", "the invoice that a red one offsets")
    red_notice: str | None = told("红字信息编号", "红字信息表 or 红字确认单 of a red invoice")
    device_id: str | None = told("开票设备")


class InvoiceLine(Row):
    """One row a line of an invoice."""

    invoice_key: str = required("发票键")
    line: Small | None = told("行号")
    item_name: str | None = told("货物或劳务名称")
    tax_class: str | None = told("税收分类编码", "19 digits")
    specification: str | None = told("规格型号")
    unit: str | None = told("单位")
    quantity: Measure | None = told("数量")
    unit_price: Measure | None = told("单价", "yuan; a measured value, not an amount")
    tax_rate: Measure | None = told("税率", "null when exempt (免税) or not taxed")
    amount_fen: Fen | None = told("金额")
    tax_fen: Fen | None = told("税额")


class InvoiceRepeat(Row):
    """One row an invoice that a second source tells too, as that source tells it: what is not counted. Its
    provenance is that source's."""

    invoice_key: str = required("发票键", "of the invoice that counts")
    differs: str | None = told("不一致", "the columns in which both differ, parted by blanks; null for none")
    issued_at: Local | None = told("开票时间")
    has_time: bool | None = told("是否有时间")
    seller_id: str | None = told("销方识别号")
    buyer_id: str | None = told("购方识别号")
    amount_fen: Fen | None = told("金额")
    tax_fen: Fen | None = told("税额")
    total_fen: Fen | None = told("价税合计")
    state: InvoiceState = required("发票状态", "as told: a document cannot tell that it was voided later")
