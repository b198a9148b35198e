"""How the bureau writes: forms in, a JSON string that holds an object out, a redirect for a lost session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.bureau.reasons import Reason
from sandbox.bureau.signin import Fields

SCOPES = {"DJXX": "taxpayer", "XYPJ": "tax_credit_rating", "SBXX": "tax_return", "FPXX": "invoice"}
"""数据类型 of the bureau and the dataset each is."""
CODES = {
    Reason.UNKNOWN_COMPANY: "DL0001",
    Reason.WRONG_PASSWORD: "DL0002",
    Reason.LOCKED: "DL0003",
    Reason.CAPTCHA_NEEDED: "DL0010",
    Reason.CAPTCHA_WRONG: "DL0011",
    Reason.CAPTCHA_SPENT: "DL0012",
    Reason.CODE_WRONG: "DL0021",
    Reason.CODE_LATE: "DL0022",
    Reason.CODE_SPENT: "DL0023",
    Reason.TOKEN_WRONG: "DL0030",
    Reason.SESSION_OVER: "DL0031",
    Reason.NO_AUTHORITY: "SQ0001",
    Reason.ABNORMAL_COMPANY: "SQ0002",
    Reason.REFERENCE_USED: "SQ0003",
    Reason.NO_GRANT: "SQ0004",
    Reason.GRANT_REVOKED: "SQ0005",
    Reason.GRANT_EXPIRED: "SQ0006",
    Reason.OUT_OF_SCOPE: "SQ0007",
    Reason.BAD_REQUEST: "CX0001",
}
_IN = {
    "bdlp": "token",
    "zjhm": "person",
    "yzmid": "captcha",
    "yzm": "text",
    "yzmpz": "solved",
    "nsrsbh": "company",
    "mm": "password",
    "dxyzm": "code",
    "ywlsh": "reference",
    "yhmc": "bank",
    "sqhzh": "receipt",
}
_OUT = {
    "token": "bdlp",
    "captcha": "yzmid",
    "picture": "yzmtp",
    "solved": "yzmpz",
    "phone": "sjhm",
    "seconds": "yxsc",
    "company": "nsrsbh",
    "receipt": "sqhzh",
    "granted_at": "sqsj",
    "expires_at": "sqyxqz",
}
_SCOPE = {"sjlx": "scope", "qsrq": "start", "jzrq": "end"}


class ForeseeNotation:
    """See ``sandbox.bureau.counter.Notation``."""

    cookie: ClassVar[str] = "DZSWJ_SESSION"
    steps: ClassVar[Mapping[str, str]] = {
        "probe": "/sso-web/login/fwzt",
        "captcha": "/sso-web/login/yzm",
        "check": "/sso-web/login/jyyzm",
        "sign_in": "/sso-web/login/dl",
        "pending": "/sso-web/login/dxzt",
        "resend": "/sso-web/login/cfdx",
        "code": "/sso-web/login/jydx",
        "grant": "/yssq-cjpt-web/yssq/save",
        "grant_query": "/yssq-cjpt-web/yssq/query",
        "grant_revoke": "/yssq-cjpt-web/yssq/zx",
    }
    renamed: ClassVar[Mapping[bytes, bytes]] = {
        b"nsrztxx": b"nsrxx",
        b"nsrjbxx": b"djjbxx",
        b"ysbxxList": b"sbjlList",
        b"zjls": b"total",
        b"zbGrid": b"zb",
    }

    async def read(self, request: Request) -> Fields:
        form = await request.form()
        asked: Fields = {ours: str(form[theirs]) for theirs, ours in _IN.items() if theirs in form}
        if "sqfw" in form:
            listed = orjson.loads(str(form["sqfw"]))
            asked["scopes"] = [{ours: each[theirs] for theirs, ours in _SCOPE.items()} for each in listed]
        return asked

    def answer(self, fields: Fields) -> Response:
        told: dict[str, Any] = {_OUT[name]: value for name, value in fields.items() if name in _OUT}
        if "active" in fields:
            told["sqyxbz"] = "Y" if fields["active"] else "N"
        return within_string({"returnFlag": "Y", "error": "", **told})

    def refuse(self, reason: Reason) -> Response:
        if reason is Reason.SESSION_OVER:
            return RedirectResponse("/sso-web/login?service=%2F", 302)
        return within_string({"returnFlag": "N", "code": CODES[reason], "error": str(reason)})


def within_string(found: dict[str, Any]) -> Response:
    """JSON whose value is a string that holds JSON, as the bureau likes it."""
    content = orjson.dumps(orjson.dumps(found).decode())
    return Response(content, media_type="application/json;charset=UTF-8")
