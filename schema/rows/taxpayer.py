"""纳税人登记信息: the tax authority's master record (TPR), and what changed in it."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Row, required, told
from schema.terms import Term


class TaxpayerKind(Term):
    """纳税人类型."""

    GENERAL = "general", "一般纳税人"
    SMALL_SCALE = "small_scale", "小规模纳税人"


class TaxpayerStatus(Term):
    """纳税人状态."""

    NORMAL = "normal", "正常"
    SUSPENDED = "suspended", "停业"
    ABNORMAL = "abnormal", "非正常户"
    CANCELLED = "cancelled", "注销"


class TaxpayerChangeKind(Term):
    """What changed at the tax authority."""

    REGISTRATION = "registration", "税务登记变更"
    KIND = "kind", "纳税人类型变更"
    INVOICE_QUOTA = "invoice_quota", "发票额度调整"
    ABNORMAL_HOUSEHOLD = "abnormal_household", "认定非正常户"


class Taxpayer(Row):
    """One row: the taxpayer as the tax authority knows it."""

    taxpayer_id: str = required("统一社会信用代码")
    name: str = required("纳税人名称")
    taxpayer_kind: TaxpayerKind | None = told("纳税人类型")
    status: TaxpayerStatus | None = told("纳税人状态")
    general_since: date | None = told("一般纳税人认定日")
    registered_on: date | None = told("登记日期")
    industry_code: str | None = told("行业代码", "GB/T 4754")
    industry_name: str | None = told("行业名称")
    legal_representative: str | None = told("法定代表人")
    address: str | None = told("注册地址")
    invoice_cap_fen: Fen | None = told("单张最高开票限额")


class TaxpayerChange(Row):
    """One row a change of the master record."""

    event_date: date = required("变更日期")
    kind: TaxpayerChangeKind = required("变更类型")
    ended_on: date | None = told("解除日期", "of an abnormal household; null while it lasts")
    item: str | None = told("变更项目")
    before: str | None = told("变更前")
    after: str | None = told("变更后")
    before_fen: Fen | None = told("变更前额度", "of an invoice quota")
    after_fen: Fen | None = told("变更后额度", "of an invoice quota")
