"""Refusals of the platform: an OAuth error, and the platform's own reason where it has one."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response


class Problem(Exception):
    """``error`` is of RFC 6749 and its extensions; ``reason`` the platform's own word beside it."""

    def __init__(
        self, error: str, status: int = 400, *, reason: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.error, self.status, self.reason, self.headers = error, status, reason, dict(headers or {})

    def response(self) -> Response:
        body = {"error": self.error} | ({"reason": self.reason} if self.reason else {})
        return JSONResponse(body, self.status, self.headers)
