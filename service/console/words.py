"""The words of the console, in both languages."""

from __future__ import annotations

from enum import StrEnum

from authz.access.approvals import Ask, Reason, Stand
from authz.access.roles import Role
from authz.authorization import State
from connectors.interface import ChallengeKind
from normalizers.reconciliation.check import Outcome

WORDS: dict[str, dict[str, str]] = {
    key: {"zh": zh, "en": en}
    for key, zh, en in (
        ("title", "授权控制台", "Authorizations"),
        ("name", "用户名", "Name"),
        ("password", "密码", "Password"),
        ("code", "动态验证码", "Code"),
        (
            "code_hint",
            "身份验证器显示的六位数字，或一个恢复码",
            "The six digits of your authenticator, or a recovery code",
        ),
        ("enrol", "绑定身份验证器", "Set up your authenticator"),
        (
            "enrol_hint",
            "请用身份验证器 App 扫描，再输入显示的六位数字",
            "Scan this with an authenticator app, then type the six digits it shows",
        ),
        ("continue", "继续", "Continue"),
        ("recovery", "恢复码", "Recovery codes"),
        (
            "recovery_hint",
            "手机丢失时，每个恢复码可登录一次。请抄下并妥善保存，仅显示一次。",
            "If the telephone is lost, each opens once. Write them down; they are shown this once.",
        ),
        ("retry_later", "秒后可重试", "seconds to wait"),
        ("users", "用户", "Users"),
        ("role", "角色", "Role"),
        ("since", "创建时间", "Since"),
        ("enrolled", "验证器", "Authenticator"),
        ("enrolled_yes", "已绑定", "set up"),
        ("enrolled_no", "未绑定", "not yet"),
        ("disabled", "已停用", "disabled"),
        ("disable", "停用", "Disable"),
        ("reset_codes", "重置验证器", "Reset authenticator"),
        ("add_user", "新增用户", "Add a user"),
        ("approvals", "复核申请", "Approvals"),
        ("asked_by", "申请人", "Asked by"),
        ("decided_by", "复核人", "Decided by"),
        ("reason", "事由", "Reason"),
        ("what", "内容", "What"),
        ("expires", "失效时间", "Expires"),
        ("grant", "同意", "Approve"),
        ("deny", "拒绝", "Deny"),
        ("execute", "执行", "Carry out"),
        ("download", "下载", "Download"),
        ("ask", "提交复核", "Ask for approval"),
        ("no_approvals", "没有申请", "No requests"),
        ("person", "经办人", "Person"),
        ("person_id", "证件号码", "Id number"),
        ("phone", "手机号码", "Phone"),
        ("unmask", "显示完整信息", "Show in full"),
        ("unmasked", "完整信息显示至", "Shown in full until"),
        ("sign_in", "登录", "Sign in"),
        ("sign_out", "退出", "Sign out"),
        ("all", "全部", "All"),
        ("id", "编号", "Id"),
        ("company", "企业", "Company"),
        ("region", "地区", "Region"),
        ("route", "接入方式", "Route"),
        ("state", "状态", "State"),
        ("progress", "进度", "Progress"),
        ("error", "错误", "Error"),
        ("age", "时长", "Age"),
        ("trigger", "触发", "Trigger"),
        ("score", "评分", "Score"),
        ("limit", "额度", "Limit"),
        ("rate", "利率", "Rate"),
        ("run", "轮次", "Run"),
        ("rerun", "重新运行", "Re-run"),
        ("withdraw", "撤回授权", "Withdraw"),
        ("link", "新客户链接", "New link"),
        ("link_note", "请交给客户，仅显示一次：", "Hand this to the borrower; it is shown once:"),
        ("older", "更早", "Older"),
        ("none", "没有授权", "No authorizations"),
        ("back", "返回列表", "Back to the list"),
        ("attempts", "尝试", "Attempts"),
        ("why", "选择原因", "Why this route"),
        ("outcome", "结果", "Outcome"),
        ("detail", "说明", "Detail"),
        ("at", "时间", "At"),
        ("collections", "采集", "Collections"),
        ("dataset", "数据集", "Dataset"),
        ("period", "期间", "Period"),
        ("pages", "页数", "Pages"),
        ("rows", "行数", "Rows"),
        ("missing", "缺失原因", "Missing"),
        ("findings", "检查发现", "Findings"),
        ("severity", "级别", "Severity"),
        ("events", "事件", "Events"),
        ("decision", "结论", "Decision"),
        ("policy", "策略版本", "Policy"),
        ("consent", "授权书", "Consent"),
        ("amount", "申请金额", "Amount"),
        ("product", "产品", "Product"),
        ("challenge", "等待客户", "Waiting for the borrower"),
        ("evidence", "留痕", "Evidence"),
        ("see", "查看", "View"),
        ("destroyed", "留痕已随数据销毁", "This evidence was destroyed with the data."),
        ("receipt", "授权回执", "Receipt"),
        ("granted_at", "授权时间", "Granted"),
        ("duration", "耗时", "Took"),
        ("steps", "步骤", "Steps"),
        ("pictures", "页面截图（已遮蔽）", "Pictures (masked)"),
        ("exchanges", "通信记录", "Exchanges"),
        ("dropped", "未保留", "not kept"),
        ("nothing", "无", "Nothing"),
        ("reconciliation", "勾稽核对报告", "Reconciliation"),
        ("report", "经营画像", "Business profile"),
        ("portfolio", "组合画像", "Portfolio"),
        ("check", "核对项", "Check"),
        ("compared", "核对数", "Compared"),
        ("differing", "不符", "Differ"),
        ("left", "左", "Left"),
        ("right", "右", "Right"),
        ("tolerance", "容差", "Tolerance"),
        ("needs", "缺少", "Not there:"),
        ("warnings", "预警", "Warnings"),
        ("signal", "信号", "Signal"),
        ("first_seen", "首次出现", "First seen"),
        ("last_seen", "最近出现", "Last seen"),
        ("deadline", "处置时限", "Deal with it by"),
        ("action", "处置", "What to do"),
        ("closed", "已解除", "closed"),
        ("escalated", "（升级）", "(escalated)"),
    )
}

SEVERITIES = {"red": ("红", "red"), "amber": ("橙", "amber"), "yellow": ("黄", "yellow")}

OUTCOMES = {
    Outcome.AGREES: ("相符", "agrees"),
    Outcome.DIFFERS: ("不符", "differs"),
    Outcome.NOT_CHECKED: ("未核对", "not checked"),
}


def _table(*rows: tuple[StrEnum, str, str]) -> dict[StrEnum, dict[str, str]]:
    return {each: {"zh": zh, "en": en} for each, zh, en in rows}


ROLES = _table(
    (Role.OPERATOR, "运营", "Operator"),
    (Role.RISK, "风险", "Risk"),
    (Role.AUDITOR, "审计", "Auditor"),
    (Role.ADMIN, "管理员", "Administrator"),
)
REASONS = _table(
    (Reason.BORROWER_REQUEST, "客户要求", "borrower's request"),
    (Reason.LOAN_REVIEW, "贷款审查", "loan review"),
    (Reason.COMPLAINT, "客户投诉", "complaint"),
    (Reason.AUDIT, "审计检查", "audit"),
    (Reason.COURT, "司法要求", "court order"),
    (Reason.INCIDENT, "故障处理", "incident"),
)
ASKS = _table(
    (Ask.WITHDRAW, "撤回授权", "Withdraw"),
    (Ask.EXPORT_TABLE, "导出数据", "Export data"),
    (Ask.EXPORT_EVIDENCE, "导出证据", "Export evidence"),
)
STANDS = _table(
    (Stand.OPEN, "待复核", "open"),
    (Stand.GRANTED, "已同意", "approved"),
    (Stand.DENIED, "已拒绝", "denied"),
    (Stand.EXPIRED, "已失效", "expired"),
    (Stand.EXECUTED, "已执行", "carried out"),
)

QUESTIONS: dict[str, dict[str, str]] = {
    kind: {"zh": zh, "en": en}
    for kind, zh, en in (
        (ChallengeKind.CREDENTIALS, "账号密码", "account and password"),
        (ChallengeKind.SMS_CODE, "短信验证码", "text message code"),
        (ChallengeKind.PICTURE, "图形验证码", "picture check"),
        (ChallengeKind.SLIDER, "滑动验证", "slider"),
        (ChallengeKind.IDENTITY, "选择身份", "choice of identity"),
        (ChallengeKind.APP_APPROVAL, "App 确认", "approval in the app"),
        (ChallengeKind.QR, "扫码", "code to scan"),
        (ChallengeKind.REDIRECT, "到税务平台登录", "sign-in at the platform"),
    )
}

STATES = {
    State.REQUESTED: "待客户同意",
    State.PLANNING: "准备中",
    State.WORKING: "办理中",
    State.CHALLENGED: "等待客户",
    State.GRANTED: "已授权",
    State.NEEDS_REPAIR: "待修复",
    State.REFRESHING: "刷新中",
    State.FAILED: "失败",
    State.REVOKED_AT_PORTAL: "门户已撤销",
    State.CLOSED: "已关闭",
}
"""The states in Chinese; in English they go by their own names."""
