"""Why a bureau refuses."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A family gives each its own code; the value is what the bureau prints."""

    UNKNOWN_COMPANY = "未查询到该纳税人的登记信息"
    WRONG_PASSWORD = "证件号码或密码错误"
    LOCKED = "密码错误次数过多，账号已锁定"
    CAPTCHA_NEEDED = "请完成图形验证"
    CAPTCHA_WRONG = "图形验证码错误"
    CAPTCHA_SPENT = "图形验证码错误次数过多"
    CODE_WRONG = "短信验证码错误"
    CODE_LATE = "短信验证码已过期"
    CODE_SPENT = "短信验证码错误次数过多，请重新登录"
    TOKEN_WRONG = "表单令牌无效"
    SESSION_OVER = "登录超时，请重新登录"
    NO_AUTHORITY = "仅法定代表人或财务负责人可以办理银税授权"
    ABNORMAL_COMPANY = "纳税人状态异常，不能办理银税授权"
    REFERENCE_USED = "业务流水号已用于其他申请"
    NO_GRANT = "未取得纳税人授权"
    GRANT_REVOKED = "授权已撤销"
    GRANT_EXPIRED = "授权已到期"
    OUT_OF_SCOPE = "超出授权范围"
    BAD_REQUEST = "请求参数错误"


class Problem(Exception):
    """An answer other than success."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason
