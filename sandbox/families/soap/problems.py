"""The SOAP gateway's own error codes."""

from __future__ import annotations

from sandbox.applications import Reason, Standing

MESSAGES = {
    "BW01": "报文格式错误",
    "BW02": "服务不存在",
    "BW03": "请求参数错误",
    "AQ01": "验签失败",
    "AQ02": "应用未注册",
    "AQ03": "重复的报文",
    "AQ04": "报文时间戳超出允许范围",
    "AQ05": "会话已失效",
    "XT01": "访问过于频繁",
    "XT02": "系统维护中",
}
CODES = {
    Reason.NO_GRANT: "SQ01",
    Reason.NO_AUTHORITY: "SQ02",
    Reason.ABNORMAL_COMPANY: "SQ03",
    Reason.GRANT_EXPIRED: "SQ04",
    Reason.GRANT_REVOKED: "SQ05",
    Reason.OUT_OF_SCOPE: "SQ06",
    Reason.UNKNOWN_COMPANY: "SQ07",
    Reason.UNKNOWN_REFERENCE: "SQ08",
    Reason.REFERENCE_USED: "SQ09",
    Reason.WRONG_CODE: "YZ01",
    Reason.CODE_EXPIRED: "YZ02",
    Reason.TRIES_SPENT: "YZ03",
}
_STATUS = {"XT01": 429, "XT02": 503}


class Problem(Exception):
    """A fault. ``standing`` goes into its detail; ``retry_after`` is in seconds."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        standing: Standing | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.message = code, message or MESSAGES[code]
        self.standing, self.retry_after = standing, retry_after

    @property
    def ours(self) -> bool:
        """Whether the fault is the gateway's (Server, Receiver), not the caller's."""
        return self.code in _STATUS

    def status(self, version: str) -> int:
        """A fault is HTTP 500; in SOAP 1.2 the caller's own are 400."""
        return _STATUS.get(self.code, 500 if version == "1.1" else 400)
