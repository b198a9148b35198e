"""The gateway's own error codes."""

from __future__ import annotations

from typing import Any

MESSAGES = {
    "40001": "报文格式错误",
    "40002": "服务编码不存在",
    "40003": "请求参数错误",
    "40101": "验签失败",
    "40102": "应用未注册",
    "40103": "重复的请求",
    "40104": "请求时间戳超出允许范围",
    "40105": "报文解密失败",
    "40004": "查询结果超过上限，请缩小查询区间",
    "40106": "会话已失效",
    "40301": "未取得纳税人授权",
    "40302": "经办人身份无授权权限",
    "40303": "纳税人状态异常",
    "40304": "授权已到期",
    "40305": "授权已撤销",
    "40306": "超出授权范围",
    "40401": "纳税人不存在",
    "40402": "授权申请不存在",
    "40901": "短信验证码错误",
    "40902": "短信验证码已过期",
    "40903": "短信验证码错误次数过多",
    "40904": "业务流水号已用于其他申请",
    "42901": "访问过于频繁",
    "50301": "系统维护中",
}
"""By code. Its first three digits would be the HTTP status, which is 200 for all but 429 and 503."""


class Problem(Exception):
    """An answer other than success. ``body`` is encrypted like any other; ``retry_after`` is in seconds."""

    def __init__(self, code: str, body: dict[str, Any] | None = None, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code, self.body, self.retry_after = code, body, retry_after

    @property
    def status(self) -> int:
        return int(self.code[:3]) if self.code in ("42901", "50301") else 200
