"""The delivery portal's counter: checks each request's HMAC, has its method answer, signs what goes out."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.applications import Applications, Refusal, Standing
from sandbox.families.filedrop.deliveries import PREFIX, SCOPES, Deliveries
from sandbox.families.filedrop.problems import CODES, Problem
from sandbox.faults import FaultKind
from sandbox.portal import Portal

OWN_FAULTS = frozenset({FaultKind.THROTTLED, FaultKind.MAINTENANCE})
"""Answered as signed messages with a code."""
APP_ID = "SHAHE-BANK-01"
SKEW = 300
"""Seconds."""

Method = Callable[[Mapping[str, Any]], dict[str, Any]]


class Counter:
    """The portal's ASGI app. ``secret`` is shared with the one registered bank."""

    def __init__(self, portal: Portal, applications: Applications, deliveries: Deliveries) -> None:
        self._portal, self._applications, self._deliveries = portal, applications, deliveries
        self.secret = os.urandom(32)
        self._seen: dict[str, float] = {}
        self._methods: Mapping[str, Method] = {
            "health": lambda asked: {"zt": "UP"},
            "authorization/apply": self._apply,
            "authorization/confirm": lambda asked: _standing(
                applications.confirm(asked["ywlsh"], str(asked["yzm"]))
            ),
            "authorization/query": lambda asked: _standing(applications.query(asked["ywlsh"])),
            "authorization/revoke": lambda asked: _standing(
                applications.revoke(asked["nsrsbh"], asked["sqhzh"])
            ),
            "files/request": deliveries.request,
            "files/status": deliveries.status,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        content, nonce = await request.body(), request.headers.get("X-Nonce", "")
        try:
            self._admit(request, content, nonce)
            body, kind, status, headers = *self._answer(request, content), 200, {}
        except Problem as problem:
            self._portal.journal.write("refused", detail=f"{request.url.path} {problem.code}")
            told = {"code": problem.code, "msg": problem.message, "data": problem.data}
            body, kind, status = orjson.dumps(told), "application/json", problem.status
            headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
        headers["X-Sign"] = self._sign("answer", nonce, str(status), _sha256(body))
        await Response(body, status, headers, media_type=kind)(scope, receive, send)

    def _sign(self, *parts: str) -> str:
        return hmac.new(self.secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    def _admit(self, request: Request, content: bytes, nonce: str) -> None:
        """Of the bank, fresh by real time, and never seen before."""
        stamp = request.headers.get("X-Timestamp", "")
        signed = self._sign(request.method, request.url.path, stamp, nonce, _sha256(content))
        known = request.headers.get("X-App-Id") == APP_ID
        if not known or not hmac.compare_digest(request.headers.get("X-Sign", ""), signed):
            raise Problem("1101")
        now = time.time()
        if not stamp.isdecimal() or abs(now - int(stamp)) > SKEW or not nonce or nonce in self._seen:
            raise Problem("1102")
        self._seen = {seen: at for seen, at in self._seen.items() if now - at < 2 * SKEW}
        self._seen[nonce] = now

    def _answer(self, request: Request, content: bytes) -> tuple[bytes, str]:
        path = request.url.path
        for kind, code in ((FaultKind.THROTTLED, "9001"), (FaultKind.MAINTENANCE, "9002")):
            if fault := self._portal.faults.active(kind, path):
                raise Problem(code, retry_after=max(1, round(fault.seconds)))
        if self._portal.faults.active(FaultKind.SESSION_LOST, path):
            raise Problem("1103")
        method = path.removeprefix(PREFIX)
        try:
            if request.method == "GET":
                return self._deliveries.file(method.removeprefix("files/")), "application/zip"
            if method not in self._methods:
                raise Problem("1002")
            data = self._methods[method](orjson.loads(content))
        except Refusal as refusal:
            data = _standing(refusal.pending) if refusal.pending else {}
            raise Problem(CODES[refusal.reason], refusal.reason.value, data=data) from None
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise Problem("1001") from None
        return orjson.dumps({"code": "0", "msg": "成功", "data": data}), "application/json"

    def _apply(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        scopes = {
            SCOPES[each["sjlx"]]: (date.fromisoformat(each["qsrq"]), date.fromisoformat(each["jzrq"]))
            for each in asked["sqfw"]
        }
        return _standing(
            self._applications.apply(asked["ywlsh"], asked["nsrsbh"], asked["sqrsfzh"], asked["yhmc"], scopes)
        )


def _standing(found: Standing) -> dict[str, Any]:
    head = {"nsrsbh": found.taxpayer_id}
    if found.grant is None:
        return {**head, "sqzt": "待确认", "sjhm": found.phone, "yxsc": found.seconds, "sycs": found.tries}
    return {
        **head,
        "sqzt": "已授权" if found.grant["state"] == "有效" else "已撤销",
        "sqhzh": found.grant["receipt"],
        "fwlp": found.token,
        "sqsj": _printed(found.grant["granted_at"]),
        "yxqz": _printed(found.grant["expires_at"]),
    }


def _printed(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M:%S}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
