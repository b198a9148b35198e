"""司法: cases (JUD) and enforcement (EXE)."""

from __future__ import annotations

from datetime import date

from schema.rows.row import Fen, Row, required, told
from schema.terms import Party, Term


class CourtRole(Term):
    """诉讼地位."""

    DEFENDANT = "defendant", "被告/被告人/被申请人"
    PLAINTIFF = "plaintiff", "原告/申请人"
    THIRD = "third", "第三人"


class CourtKind(Term):
    """案件类型."""

    CIVIL = "civil", "民事"
    ADMINISTRATIVE = "administrative", "行政"
    CRIMINAL = "criminal", "刑事"
    PRESERVATION = "preservation", "财产保全"
    BANKRUPTCY = "bankruptcy", "破产清算"


class Cause(Term):
    """案由."""

    FINANCIAL_LOAN = "financial_loan", "金融借款合同纠纷"
    PRIVATE_LOAN = "private_loan", "民间借贷纠纷"
    SALE = "sale", "买卖合同纠纷"
    LABOUR = "labour", "劳动争议"
    IP_INFRINGEMENT = "ip_infringement", "知识产权侵权"
    IP_OWNERSHIP = "ip_ownership", "知识产权权属"
    GUARANTEE = "guarantee", "担保追偿"
    TAX_CRIME = "tax_crime", "虚开发票、逃税等涉税犯罪"
    OTHER = "other", "其他"


class Outcome(Term):
    """裁判结果, for the party that the row is about."""

    WON = "won", "胜诉"
    LOST = "lost", "败诉"
    PARTLY = "partly", "部分支持"
    SETTLED = "settled", "调解/撤诉"
    PENDING = "pending", "未判决"


class EnforcementKind(Term):
    """执行类型."""

    EXECUTED = "executed", "被执行人"
    DISHONEST = "dishonest", "失信被执行人"
    CONSUMPTION_LIMIT = "consumption_limit", "限制高消费"
    EXIT_BAN = "exit_ban", "限制出境"
    FINAL = "final", "终结本次执行"
    EQUITY_FREEZE = "equity_freeze", "股权冻结"


class JudicialCase(Row):
    """One row a case and party."""

    case_number: str = required("案号")
    party: Party = required("当事人")
    party_id: str | None = told("当事人代码", "of a related company")
    role: CourtRole = required("诉讼地位")
    kind: CourtKind = required("案件类型")
    cause: Cause = required("案由")
    event_date: date = required("立案日期")
    hearing_on: date | None = told("开庭日期")
    decided_on: date | None = told("裁判日期", "null while it is pending")
    outcome: Outcome | None = told("裁判结果")
    amount_fen: Fen | None = told("标的金额")
    court: str | None = told("法院")


class Enforcement(Row):
    """One row an entry of the enforcement registers."""

    case_number: str = required("案号")
    party: Party = required("被执行人")
    party_id: str | None = told("被执行人代码", "of a related company")
    kind: EnforcementKind = required("执行类型")
    event_date: date = required("立案/发布日期")
    ended_on: date | None = told("结案/移除日期", "null while it lasts")
    amount_fen: Fen | None = told("执行标的")
    unpaid_fen: Fen | None = told("未履行金额")
    court: str | None = told("执行法院")
