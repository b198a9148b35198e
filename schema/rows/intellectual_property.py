"""知识产权 (IPR): assets, their inventors, and what was done with them."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Count, Fen, Row, required, told
from schema.terms import Term


class AssetKind(Term):
    """知识产权类型."""

    INVENTION = "invention", "发明专利"
    UTILITY = "utility", "实用新型"
    DESIGN = "design", "外观设计"
    SOFTWARE = "software", "软件著作权"
    TRADEMARK = "trademark", "商标"
    STANDARD = "standard", "参与制定的标准"


class AssetState(Term):
    """法律状态."""

    PENDING = "pending", "审查中"
    VALID = "valid", "有效"
    REJECTED = "rejected", "驳回"
    WITHDRAWN = "withdrawn", "视为撤回"
    LAPSED = "lapsed", "未缴年费失效"
    EXPIRED = "expired", "期满失效"
    INVALIDATED = "invalidated", "宣告无效"


class DealKind(Term):
    """权利变动."""

    TRANSFER_IN = "transfer_in", "受让"
    TRANSFER_OUT = "transfer_out", "转出"
    PLEDGE = "pledge", "质押"
    LICENCE = "licence", "许可"


class IntellectualProperty(Row):
    """One row an asset."""

    asset_id: str = required("申请号/登记号")
    kind: AssetKind = required("类型")
    state: AssetState = required("法律状态")
    applied_on: date | None = told("申请日", "of a standard: the day of publication")
    granted_on: date | None = told("授权日")
    state_since: date | None = told("状态日期")
    expires_on: date | None = told("期限届满日")
    title: str | None = told("名称")
    ipc: str | None = told("IPC 主分类号")
    claims_count: Count | None = told("权利要求数")
    cited_count: Count | None = told("被引次数", "in the last 60 months")
    family_countries: str | None = told("同族国家", "ISO 3166 codes with commas between")
    pct: bool | None = told("PCT 申请")
    first_owner: bool | None = told("是否第一权利人")


class Inventor(Row):
    """One row an asset and inventor."""

    asset_id: str = required("申请号")
    person_key: str = required("人员标识", "as in `insured_person`")


class IntellectualPropertyDeal(Row):
    """One row a transfer, pledge or licence."""

    asset_id: str = required("申请号/登记号")
    kind: DealKind = required("变动类型")
    event_date: date = required("生效日期")
    ended_on: date | None = told("解除日期", "null while it lasts")
    amount_fen: Fen | None = told("金额", "financed by a pledge, or earned by a licence")
