"""The console's pages, and what is done on them at once."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from authz.access.approvals import Reason
from authz.authorization import RERUNNABLE, Authorization, State
from schema.errors import KeyDestroyed
from service.api.views import link_url
from service.console import evidence, four_eyes, reconciliation, reports, sign_in, users, warnings
from service.console.login import LinkIssuer, Operator, Rerunner, SignedIn, Unmasker, same_origin
from service.console.pages import rendered
from service.desk import AtDesk
from stages.workshop import Workshop
from store.database import now

router = APIRouter(prefix="/console", include_in_schema=False, dependencies=[Depends(same_origin)])
for each in (sign_in, users, four_eyes, evidence, reconciliation, warnings, reports):  # before ``/{id}``
    router.include_router(each.router)

_PAGE = 50


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
def link(desk: AtDesk, request: Request, operator: LinkIssuer, id: str) -> Response:
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
        attempts=shop.attempts.of(id),
        collections=shop.casefile.collections(id, current.run),
        snapshot=shop.casefile.snapshot(id),
        score=shop.casefile.score(id),
        events=shop.ledger.events(id),
        person=_person(shop, current) if operator.may("unmask") else {},
        approvals=shop.access.approvals.listing(operator.user, authorization_id=current.id),
        at=now(),
        reasons=list(Reason),
        rerunnable=_can_rerun(current),
        withdrawable=current.state is not State.CLOSED,
        link_url=link_url,
    )


@router.post("/{id}/rerun")
def rerun(desk: AtDesk, operator: Rerunner, id: str) -> Response:
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    desk.intake.rerun(current.id, actor=operator.actor)
    return RedirectResponse(f"/console/{current.id}", 303)


@router.post("/{id}/unmask")
def unmask(desk: AtDesk, operator: Unmasker, id: str, reason: Annotated[Reason, Form()]) -> Response:
    """Numbers and names of this authorization in clear, for this session and a few minutes."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    desk.shop.access.unmaskings.lift(operator.session, current, reason)
    return RedirectResponse(f"/console/{current.id}", 303)


def _person(shop: Workshop, current: Authorization) -> dict[str, str]:
    """The acting person as far as the bank knows; empty when nobody said, or the data are destroyed."""
    if current.person_ref is None:
        return {}
    try:
        told: dict[str, str] = json.loads(shop.vault.unseal(current.person_ref))
    except KeyDestroyed:
        return {}
    return told


def _can_rerun(current: Authorization) -> bool:
    return current.state in RERUNNABLE


async def to_sign_in(_: Request, __: Exception) -> Response:
    """Answers ``SignInNeeded``."""
    return RedirectResponse("/console/sign-in", 303)
