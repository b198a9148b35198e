"""Sign-in: name and password, then a code of the telephone, which the first sign-in enrols."""

from __future__ import annotations

import io
import math
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from authz.access import codes
from authz.access.sessions import Stage
from schema.errors import SignInRefused, SignInThrottled, TaxlinkError
from service.console import login
from service.console.login import Operator, Present, PresentForm, SignInNeeded
from service.console.pages import rendered
from service.desk import AtDesk, Desk
from store.database import now

router = APIRouter()


@router.get("/sign-in")
def page(request: Request) -> Response:
    return rendered(request, "sign_in.html", refused=None)


@router.post("/sign-in")
def password(
    desk: AtDesk,
    request: Request,
    name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=128)],
) -> Response:
    try:
        token = desk.shop.access.sign_in.password(name, password, _address(request))
    except (SignInRefused, SignInThrottled) as error:
        return _refused(rendered(request, "sign_in.html", error.status, refused=error), error)
    return login.keep(desk, RedirectResponse("/console/code", 303), token)


@router.get("/code")
def code_page(desk: AtDesk, request: Request, operator: Present) -> Response:
    if operator.session.stage is not Stage.CODE_MISSING:
        return RedirectResponse("/console", 303)
    return _asked(desk, request, operator)


@router.post("/code")
def code(
    desk: AtDesk, request: Request, operator: PresentForm, code: Annotated[str, Form(max_length=16)]
) -> Response:
    if operator.session.stage is not Stage.CODE_MISSING:
        raise SignInNeeded
    door, address = desk.shop.access.sign_in, _address(request)
    recovery: list[str] = []
    try:
        if operator.user.enrolled_at is None:
            token, recovery = door.enrol(operator.session, code, address)
        else:
            token = door.code(operator.session, code, address)
    except (SignInRefused, SignInThrottled) as error:
        return _refused(_asked(desk, request, operator, error), error)
    if recovery:
        return login.keep(desk, rendered(request, "recovery.html", codes=recovery), token)
    return login.keep(desk, RedirectResponse("/console", 303), token)


@router.post("/sign-out")
def out(desk: AtDesk, operator: PresentForm) -> Response:
    desk.shop.access.sign_in.out(operator.session)
    answer = RedirectResponse("/console/sign-in", 303)
    answer.delete_cookie(login.COOKIE, path="/console")
    return answer


def _asked(desk: Desk, request: Request, operator: Operator, error: TaxlinkError | None = None) -> Response:
    """The question for the code; for a new telephone, with what it scans."""
    uri = ""
    if operator.user.enrolled_at is None:
        secret = desk.shop.access.users.secret(operator.user)
        uri = codes.enrolment_uri(secret, operator.user.name, "Taxlink")
    return rendered(
        request,
        "code.html",
        error.status if error else 200,
        form_token=operator.form_token,
        refused=error,
        picture=_picture(uri) if uri else None,
        uri=uri,
    )


def _picture(uri: str) -> bytes:
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(drawn, kind="png", scale=5, border=2)
    return drawn.getvalue()


def _refused(answer: Response, error: TaxlinkError) -> Response:
    if error.retry_at is not None:
        answer.headers["retry-after"] = str(math.ceil((error.retry_at - now()).total_seconds()))
    return answer


def _address(request: Request) -> str:
    """Behind a proxy, what the server was told to believe of it (``FORWARDED_ALLOW_IPS`` of uvicorn)."""
    return request.client.host if request.client else "unknown"
