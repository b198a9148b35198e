"""The delivery portal's own error codes."""

from __future__ import annotations

from typing import Any

from sandbox.applications import Reason

MESSAGES = {
    "1001": "请求参数错误",
    "1002": "服务不存在",
    "1101": "验签失败",
    "1102": "重复或过期的请求",
    "1103": "会话已失效",
    "2010": "请求键已用于其他请求",
    "3001": "文件不存在",
    "9001": "访问过于频繁",
    "9002": "系统维护中",
}
CODES = {
    Reason.NO_GRANT: "2001",
    Reason.NO_AUTHORITY: "2002",
    Reason.ABNORMAL_COMPANY: "2003",
    Reason.GRANT_EXPIRED: "2004",
    Reason.GRANT_REVOKED: "2005",
    Reason.OUT_OF_SCOPE: "2006",
    Reason.UNKNOWN_COMPANY: "2007",
    Reason.UNKNOWN_REFERENCE: "2008",
    Reason.REFERENCE_USED: "2009",
    Reason.WRONG_CODE: "2101",
    Reason.CODE_EXPIRED: "2102",
    Reason.TRIES_SPENT: "2103",
}
_STATUS = {"9001": 429, "9002": 503}


class Problem(Exception):
    """An answer other than success. ``retry_after`` is in seconds."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        data: dict[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.message = code, message or MESSAGES[code]
        self.data, self.retry_after = data, retry_after

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 200)
