"""Every failure in one form: ``application/problem+json`` (RFC 9457) with a code and both languages, never a
traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from schema.errors import Action, InvalidRequest, Refused, TaxlinkError, catalogue
from vault.redaction import MASK, said

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """One failure as a caller sees it. ``detail`` says what to correct; it never quotes what was sent."""

    status: int
    code: str
    zh: str
    en: str
    action: str = Action.REFUSE
    detail: str = ""

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        content = {
            "type": f"urn:taxlink:problem:{self.code}",
            "title": self.en,
            "status": self.status,
            "code": self.code,
            "message_zh": self.zh,
            "message_en": self.en,
            "action": self.action,
        } | ({"detail": self.detail} if self.detail else {})
        body = json.dumps(content, ensure_ascii=False)
        return Response(body, self.status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


_OF_STATUS = {
    404: ("not_found", "页面不存在", "There is nothing here."),
    405: ("method_not_allowed", "不支持此请求方式", "This method is not possible here."),
}


@cache
def causes() -> Mapping[str, type[TaxlinkError]]:
    """Every cause by its code, gathered once."""
    return catalogue()


def of(error: TaxlinkError) -> Problem:
    """The problem of a cause. Details of what the suite does inside are for operations and stay here."""
    detail = said(error.detail) if isinstance(error, Refused) else ""
    return Problem(error.status, error.code, error.zh, error.message(), error.action, detail)


def unexpected() -> Problem:
    """What a caller sees of a fault of our own: that there was one."""
    return of(TaxlinkError())


def install(app: FastAPI) -> None:
    """Answer every kind of failure that the framework knows as a problem."""
    app.add_exception_handler(TaxlinkError, _on_cause)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_status)


async def _on_cause(_: Request, error: Exception) -> Response:
    assert isinstance(error, TaxlinkError)
    return of(error).response({"www-authenticate": "Bearer"} if error.status == 401 else None)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return of(InvalidRequest(_places(error))).response()


async def _on_status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, zh, en = _OF_STATUS.get(
        error.status_code, ("invalid_request", InvalidRequest.zh, InvalidRequest.message())
    )
    return Problem(error.status_code, code, zh, en).response(error.headers)


def _places(error: RequestValidationError) -> str:
    """Where the request is wrong and what is expected there, without the value that was sent; the name of a
    field that we do not know was sent as well."""
    told = []
    for each in error.errors()[:10]:
        *outer, last = map(str, each["loc"])
        told.append(
            f"{'.'.join([*outer, MASK if each['type'] == 'extra_forbidden' else last])}: {each['msg']}"
        )
    return "; ".join(told)
