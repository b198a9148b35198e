"""The console's pages and its two buttons."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from authz.authorization import RERUNNABLE, Authorization, State
from schema.errors import ApiKeyInvalid
from service.api.views import link_url
from service.console import evidence, login, reconciliation
from service.console.login import FormOperator, Operator, SignedIn
from service.console.pages import rendered
from service.desk import AtDesk

router = APIRouter(prefix="/console", include_in_schema=False)
router.include_router(evidence.router)
router.include_router(reconciliation.router)

_PAGE = 50


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    return rendered(request, "sign_in.html", refused=False)


@router.post("/sign-in")
def sign_in(desk: AtDesk, request: Request, key: Annotated[str, Form(max_length=128)]) -> Response:
    try:
        cookie = login.sign_in(desk, key)
    except ApiKeyInvalid as error:
        return rendered(request, "sign_in.html", error.status, refused=True)
    answer = RedirectResponse("/console", 303)
    answer.set_cookie(
        login.COOKIE,
        cookie,
        max_age=login.HOURS * 3600,
        path="/console",
        httponly=True,
        samesite="strict",
        secure=desk.shop.settings.public_url.startswith("https:"),
    )
    return answer


@router.post("/sign-out")
def sign_out(_: FormOperator) -> Response:
    answer = RedirectResponse("/console/sign-in", 303)
    answer.delete_cookie(login.COOKIE, path="/console")
    return answer


@router.get("")
def listing(
    desk: AtDesk,
    request: Request,
    operator: SignedIn,
    state: State | None = None,
    after: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """The tenant's authorizations, the newest first."""
    shop = desk.shop
    found = shop.ledger.listing(tenant=operator.tenant, state=state, limit=_PAGE + 1, after=after)
    page = found[:_PAGE]
    return rendered(
        request,
        "list.html",
        operator=operator,
        items=[(each, shop.casefile.score(each.id)) for each in page],
        states=list(State),
        chosen=state,
        next=page[-1].id if len(found) > _PAGE else None,
        can_rerun=_can_rerun,
    )


@router.get("/{id}")
def detail(desk: AtDesk, request: Request, operator: SignedIn, id: str) -> Response:
    """One authorization: attempts with the router's reason, collections, findings, score, events."""
    return _shown(desk, request, operator, id)


@router.post("/{id}/link")
def link(desk: AtDesk, request: Request, operator: FormOperator, id: str) -> Response:
    """A fresh link to hand to the borrower, shown once."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    token = desk.intake.link(current.id, actor=operator.actor)
    return _shown(desk, request, operator, id, link_url=link_url(desk.shop, token))


def _shown(desk: AtDesk, request: Request, operator: Operator, id: str, link_url: str = "") -> Response:
    shop = desk.shop
    current = shop.ledger.authorization(id, tenant=operator.tenant)
    return rendered(
        request,
        "detail.html",
        operator=operator,
        item=current,
        consent=shop.ledger.consent(current.consent_id),
        challenge=shop.challenges.open_one(id),
        attempts=shop.casefile.attempts(id),
        collections=shop.casefile.collections(id, current.run),
        snapshot=shop.casefile.snapshot(id),
        score=shop.casefile.score(id),
        events=shop.ledger.events(id),
        rerunnable=_can_rerun(current),
        withdrawable=current.state is not State.CLOSED,
        link_url=link_url,
    )


@router.post("/{id}/rerun")
def rerun(desk: AtDesk, operator: FormOperator, id: str) -> Response:
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    desk.intake.rerun(current.id, actor=operator.actor)
    return RedirectResponse(f"/console/{current.id}", 303)


@router.post("/{id}/withdraw")
def withdraw(desk: AtDesk, operator: FormOperator, id: str) -> Response:
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    desk.intake.withdraw(current.id, actor=operator.actor)
    return RedirectResponse(f"/console/{current.id}", 303)


def _can_rerun(current: Authorization) -> bool:
    return current.state in RERUNNABLE


async def to_sign_in(_: Request, __: Exception) -> Response:
    """Answers ``SignInNeeded``."""
    return RedirectResponse("/console/sign-in", 303)
