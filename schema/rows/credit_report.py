"""征信: reports of the company (CRE) and of its owner (CRP); ``party`` tells which."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Count, Fen, Measure, Row, Small, required, told
from schema.terms import Party, Term


class LenderKind(Term):
    """授信机构类型."""

    BANK = "bank", "银行"
    LEASING = "leasing", "融资租赁"
    FACTORING = "factoring", "商业保理"
    MICROLOAN = "microloan", "小额贷款"
    ONLINE = "online", "网络贷款"
    CONSUMER = "consumer", "消费金融"
    OTHER = "other", "其他"


class CreditKind(Term):
    """信贷业务种类."""

    BUSINESS_LOAN = "business_loan", "经营性贷款"
    LINE = "line", "授信额度"
    ACCEPTANCE = "acceptance", "银行承兑汇票"
    MORTGAGE = "mortgage", "个人住房贷款"
    CONSUMER_LOAN = "consumer_loan", "消费贷款"
    CARD = "card", "贷记卡"
    OTHER = "other", "其他"


class Security(Term):
    """担保方式."""

    CREDIT = "credit", "信用"
    GUARANTEE = "guarantee", "保证"
    MORTGAGE = "mortgage", "抵押"
    PLEDGE = "pledge", "质押"
    COMBINED = "combined", "组合"


class LoanClass(Term):
    """五级分类."""

    NORMAL = "normal", "正常"
    ATTENTION = "attention", "关注"
    SUBSTANDARD = "substandard", "次级"
    DOUBTFUL = "doubtful", "可疑"
    LOSS = "loss", "损失"


class Renewal(Term):
    """展期或借新还旧."""

    EXTENDED = "extended", "展期"
    REFINANCED = "refinanced", "借新还旧"


class SpecialEvent(Term):
    """特殊交易."""

    BAD_DEBT = "bad_debt", "呆账"
    COMPENSATED = "compensated", "代偿"
    DISPOSED = "disposed", "资产处置"


class InquiryReason(Term):
    """查询原因."""

    LOAN_APPROVAL = "loan_approval", "贷款审批"
    CARD_APPROVAL = "card_approval", "信用卡审批"
    GUARANTEE = "guarantee", "担保资格审查"
    POST_LOAN = "post_loan", "贷后管理"
    SELF = "self", "本人查询"
    OTHER = "other", "其他"


class CreditReport(Row):
    """One row a report."""

    report_id: str = required("报告编号")
    party: Party = required("报告主体")
    event_date: date = required("报告日期")
    score: Measure | None = told("征信评分")
    first_credit_on: date | None = told("首次信贷日期")
    property_count: Count | None = told("房产套数", "of the owner")
    property_fen: Fen | None = told("房产估值", "of the owner")


class CreditAccount(Row):
    """One row an account, open or settled."""

    account_id: str = required("账户编号")
    party: Party = required("报告主体")
    lender: str = required("授信机构")
    lender_kind: LenderKind = required("机构类型")
    kind: CreditKind = required("业务种类")
    security: Security | None = told("担保方式")
    event_date: date = required("开立日期")
    due_on: date | None = told("到期日期")
    closed_on: date | None = told("结清日期", "null while it is open")
    limit_fen: Fen | None = told("授信额度/合同金额")
    balance_fen: Fen = required("余额/已用额度")
    overdue_fen: Fen = required("当前逾期金额")
    loan_class: LoanClass | None = told("五级分类", "of a settled one: the worst it had")
    renewal: Renewal | None = told("展期/借新还旧")
    renewed_on: date | None = told("展期日期")
    special: SpecialEvent | None = told("特殊交易")
    special_on: date | None = told("特殊交易日期")
    instalment_fen: Fen | None = told("本月应还款", "principal and interest")
    annual_rate: Measure | None = told("年利率", "0 to 1")


class CreditMonth(Row):
    """One row an account and month: how it was paid."""

    account_id: str = required("账户编号")
    party: Party = required("报告主体")
    month: date = required("月份", "its last day")
    balance_fen: Fen | None = told("月末余额")
    overdue_fen: Fen | None = told("逾期金额")
    overdue_months: Small | None = told("逾期期数", "0 when paid in time")


class CreditInquiry(Row):
    """One row an inquiry."""

    party: Party = required("报告主体")
    event_date: date = required("查询日期")
    institution: str | None = told("查询机构")
    reason: InquiryReason = required("查询原因")


class CreditGuarantee(Row):
    """One row a guarantee given for others."""

    party: Party = required("担保主体")
    event_date: date | None = told("担保日期")
    guaranteed: str | None = told("被担保人")
    balance_fen: Fen = required("担保余额")
    loan_class: LoanClass | None = told("五级分类")
    ended_on: date | None = told("解除日期")
