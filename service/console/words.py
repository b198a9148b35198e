"""The words of the console, in both languages."""

from __future__ import annotations

from authz.authorization import State
from connectors.interface import ChallengeKind
from normalizers.reconciliation.check import Outcome

WORDS: dict[str, dict[str, str]] = {
    key: {"zh": zh, "en": en}
    for key, zh, en in (
        ("title", "授权控制台", "Authorizations"),
        ("key", "控制台密钥", "Console key"),
        ("sign_in", "登录", "Sign in"),
        ("sign_out", "退出", "Sign out"),
        ("refused", "密钥无效", "The key is not valid"),
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
        ("check", "核对项", "Check"),
        ("compared", "核对数", "Compared"),
        ("differing", "不符", "Differ"),
        ("left", "左", "Left"),
        ("right", "右", "Right"),
        ("tolerance", "容差", "Tolerance"),
        ("needs", "缺少", "Not there:"),
    )
}

OUTCOMES = {
    Outcome.AGREES: ("相符", "agrees"),
    Outcome.DIFFERS: ("不符", "differs"),
    Outcome.NOT_CHECKED: ("未核对", "not checked"),
}

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
