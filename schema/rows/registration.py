"""工商登记: basics (ENT), shareholders and related companies (SHR), changes (CHG), adverse entries (NEG)."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Count, Fen, Measure, Row, required, told
from schema.terms import Term


class RegistrationStatus(Term):
    """登记状态."""

    ACTIVE = "active", "存续/在业"
    SUSPENDED = "suspended", "歇业"
    LIQUIDATING = "liquidating", "清算"
    MOVED = "moved", "迁出"
    REVOKED = "revoked", "吊销"
    CANCELLED = "cancelled", "注销"


class Ownership(Term):
    """单位性质."""

    GOVERNMENT = "government", "政府机关/事业单位"
    STATE = "state", "国有企业"
    LISTED = "listed", "上市公司"
    FOREIGN = "foreign", "外商投资企业"
    PRIVATE = "private", "民营企业"
    INDIVIDUAL = "individual", "个体工商户"


class HolderKind(Term):
    """股东类型."""

    PERSON = "person", "自然人"
    COMPANY = "company", "法人"


class Position(Term):
    """职务."""

    LEGAL_REPRESENTATIVE = "legal_representative", "法定代表人"
    ACTUAL_CONTROLLER = "actual_controller", "实际控制人"
    DIRECTOR = "director", "董事"
    SUPERVISOR = "supervisor", "监事"
    MANAGER = "manager", "经理"
    FINANCE = "finance", "财务负责人"


class Relation(Term):
    """How another company is related."""

    BRANCH = "branch", "分支机构"
    INVESTMENT = "investment", "对外投资"
    SHAREHOLDER = "shareholder", "股东企业"
    SAME_REPRESENTATIVE = "same_representative", "法定代表人任法代的企业"
    SAME_OWNER = "same_owner", "实际控制人投资的企业"


class ChangeKind(Term):
    """变更事项."""

    LEGAL_REPRESENTATIVE = "legal_representative", "法定代表人变更"
    SHAREHOLDER = "shareholder", "股权变更"
    ADDRESS = "address", "住所变更"
    SCOPE = "scope", "经营范围变更"
    NAME = "name", "名称变更"
    EXECUTIVE = "executive", "高级管理人员变更"
    CAPITAL = "capital", "注册资本变更"
    INDUSTRY = "industry", "行业代码变更"
    OTHER = "other", "其他变更"


class AdverseKind(Term):
    """异常与处罚."""

    ABNORMAL_LIST = "abnormal_list", "经营异常名录"
    SERIOUS_ILLEGAL = "serious_illegal", "严重违法失信名单"
    ADMIN_PENALTY = "admin_penalty", "行政处罚"
    ANNUAL_REPORT_LATE = "annual_report_late", "年报逾期"
    ACCIDENT = "accident", "安全事故"
    ENVIRONMENT_GRADE = "environment_grade", "环保信用评价"


class LicenceKind(Term):
    """许可类型."""

    INDUSTRY = "industry", "行业许可"
    POLLUTION = "pollution", "排污许可"


class Registration(Row):
    """One row: the company as registered."""

    taxpayer_id: str = required("统一社会信用代码")
    name: str = required("企业名称")
    status: RegistrationStatus = required("登记状态")
    established_on: date | None = told("成立日期")
    registered_capital_fen: Fen | None = told("注册资本（认缴）")
    paid_in_capital_fen: Fen | None = told("实缴资本")
    ownership: Ownership | None = told("单位性质")
    industry_code: str | None = told("行业代码", "GB/T 4754")
    industry_name: str | None = told("行业名称")
    legal_representative: str | None = told("法定代表人")
    address: str | None = told("住所")
    business_scope: str | None = told("经营范围")
    approved_on: date | None = told("核准日期")
    expires_on: date | None = told("营业期限止")
    same_address_count: Count | None = told("同址注册企业数")


class RegistrationShareholder(Row):
    """One row a direct holding; the holdings of holders are rows too, so that shares can be followed up."""

    held_id: str = required("被持股企业代码")
    holder_name: str = required("股东名称")
    holder_kind: HolderKind = required("股东类型")
    holder_id: str | None = told(
        "股东代码", "a company's code; a person's key, never the number of an id card"
    )
    share: Measure | None = told("持股比例", "0 to 1")
    subscribed_fen: Fen | None = told("认缴额")
    paid_in_fen: Fen | None = told("实缴额")
    since: date | None = told("入股日期")


class RegistrationOfficer(Row):
    """One row a person and position."""

    name: str = required("姓名")
    position: Position = required("职务")
    person_key: str | None = told("人员标识", "the source's key of a person, never the number of an id card")
    since: date | None = told("任职日期")


class RelatedCompany(Row):
    """One row a company related to the borrower."""

    company_id: str = required("企业代码")
    name: str = required("企业名称")
    relation: Relation = required("关联关系")
    status: RegistrationStatus | None = told("登记状态")
    status_since: date | None = told("状态日期", "of a revoked or cancelled one")
    share: Measure | None = told("持股比例", "0 to 1")


class Counterparty(Row):
    """One row a company that the borrower trades with, as registered."""

    company_id: str = required("企业代码")
    name: str = required("企业名称")
    status: RegistrationStatus | None = told("登记状态")
    established_on: date | None = told("成立日期")
    ownership: Ownership | None = told("单位性质")
    grade: Measure | None = told("资质等级", "0 (worst) to 1")
    tax_status: str | None = told("纳税人状态", "as in `taxpayer.status`")
    dishonest: bool | None = told("失信被执行")


class RegistrationChange(Row):
    """One row a registered change."""

    event_date: date = required("变更日期")
    kind: ChangeKind = required("变更事项")
    before: str | None = told("变更前")
    after: str | None = told("变更后")
    before_fen: Fen | None = told("变更前注册资本")
    after_fen: Fen | None = told("变更后注册资本")


class RegistrationAdverse(Row):
    """One row an adverse entry."""

    event_date: date = required("列入/决定日期")
    kind: AdverseKind = required("类型")
    ended_on: date | None = told("移出日期", "null while it lasts")
    amount_fen: Fen | None = told("罚没金额")
    grade: str | None = told("评价等级", "of the environment: green, blue, yellow, red, black")
    reason: str | None = told("事由")
    authority: str | None = told("作出机关")


class EquityPledge(Row):
    """One row a pledge of shares (股权出质)."""

    event_date: date = required("登记日期")
    pledgor: str | None = told("出质人")
    pledged_fen: Fen = required("出质股权数额")
    ended_on: date | None = told("注销日期")


class Licence(Row):
    """One row a licence."""

    kind: LicenceKind = required("许可类型")
    number: str | None = told("许可证号")
    event_date: date | None = told("发证日期")
    expires_on: date | None = told("有效期至", "null when it does not end")
