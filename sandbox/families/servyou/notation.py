"""How the bureau writes: JSON both ways, every answer in one envelope with a serial of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.bureau.reasons import Reason
from sandbox.bureau.signin import Fields

SCOPES = {"001": "taxpayer", "002": "tax_credit_rating", "003": "tax_return", "004": "invoice"}
"""授权数据代码 and the dataset each is."""
CODES = {
    Reason.UNKNOWN_COMPANY: "80101001",
    Reason.WRONG_PASSWORD: "80101002",
    Reason.LOCKED: "80101003",
    Reason.CAPTCHA_NEEDED: "80101010",
    Reason.CAPTCHA_WRONG: "80101011",
    Reason.CAPTCHA_SPENT: "80101012",
    Reason.CODE_WRONG: "80101021",
    Reason.CODE_LATE: "80101022",
    Reason.CODE_SPENT: "80101023",
    Reason.TOKEN_WRONG: "80101030",
    Reason.SESSION_OVER: "80101031",
    Reason.NO_AUTHORITY: "80102001",
    Reason.ABNORMAL_COMPANY: "80102002",
    Reason.REFERENCE_USED: "80102003",
    Reason.NO_GRANT: "80102004",
    Reason.GRANT_REVOKED: "80102005",
    Reason.GRANT_EXPIRED: "80102006",
    Reason.OUT_OF_SCOPE: "80102007",
    Reason.BAD_REQUEST: "80103001",
}
_IN = {
    "formToken": "token",
    "sfzjhm": "person",
    "captchaId": "captcha",
    "captchaText": "text",
    "captchaTicket": "solved",
    "shxydm": "company",
    "dlmm": "password",
    "smsCode": "code",
    "sqlsh": "reference",
    "sqyhMc": "bank",
    "sqhzbh": "receipt",
}
_OUT = {
    "token": "formToken",
    "captcha": "captchaId",
    "solved": "captchaTicket",
    "phone": "mobile",
    "seconds": "expireSeconds",
    "company": "shxydm",
    "receipt": "sqhzbh",
    "granted_at": "sqrq",
    "expires_at": "yxqz",
}
_SCOPE = {"sqsjDm": "scope", "sjqq": "start", "sjqz": "end"}


class ServyouNotation:
    """See ``sandbox.bureau.counter.Notation``."""

    cookie: ClassVar[str] = "SBZX_SID"
    steps: ClassVar[Mapping[str, str]] = {
        "probe": "/sbzx-web/api/login/ping",
        "captcha": "/sbzx-web/api/login/captcha",
        "check": "/sbzx-web/api/login/checkCaptcha",
        "sign_in": "/sbzx-web/api/login/login",
        "pending": "/sbzx-web/api/login/smsStatus",
        "resend": "/sbzx-web/api/login/resendSms",
        "code": "/sbzx-web/api/login/checkSms",
        "grant": "/sbzx-web/api/yssq/save",
        "grant_query": "/sbzx-web/api/yssq/get",
        "grant_revoke": "/sbzx-web/api/yssq/cancel",
    }
    renamed: ClassVar[Mapping[bytes, bytes]] = {
        b'"nsrmc"': b'"nsrMc"',
        b'"total"': b'"count"',
        b'"sbzlDm"': b'"sbzl"',
        b"zbGrid>": b"zb>",
        b"zzsxgmGrid>": b"xgm>",
    }

    async def read(self, request: Request) -> Fields:
        sent = await request.json()
        asked: Fields = {ours: str(sent[theirs]) for theirs, ours in _IN.items() if theirs in sent}
        if "sqsjList" in sent:
            listed = sent["sqsjList"]
            asked["scopes"] = [{ours: each[theirs] for theirs, ours in _SCOPE.items()} for each in listed]
        return asked

    def answer(self, fields: Fields) -> Response:
        told: dict[str, Any] = {_OUT[name]: value for name, value in fields.items() if name in _OUT}
        if "picture" in fields:
            told["image"] = f"data:image/png;base64,{fields['picture']}"
        if "active" in fields:
            told["sqztDm"] = "01" if fields["active"] else "02"
        return enveloped(told)

    def refuse(self, reason: Reason) -> Response:
        return enveloped(None, CODES[reason], str(reason))


def enveloped(value: Any, code: str = "", message: str = "") -> Response:
    """``success`` with a value, or a code with its message."""
    found = {
        "message": f"[{code}]{message}" if code else None,
        "value": value,
        "success": not code,
        "msgCode": code or None,
        "resultMap": {},
        "msgParams": [] if code else None,
        "jylsh": secrets.token_hex(16),
    }
    return Response(orjson.dumps(found), media_type="application/json;charset=UTF-8")
