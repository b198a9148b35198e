"""Requests that need a second user: asked on the authorization's page, decided on a page of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from authz.access.approvals import Approval, Ask, Reason
from authz.authorization import Authorization
from service.api import reading
from service.console.login import Approver, FormOperator, Operator, SignedIn
from service.console.pages import rendered
from service.desk import AtDesk, Desk
from stages.evidencefile import exported
from stages.export import WRITERS, Format, pieces
from store.database import now

router = APIRouter()


@router.get("/approvals")
def page(desk: AtDesk, request: Request, operator: SignedIn) -> Response:
    """The tenant's requests, the newest first."""
    listed = desk.shop.access.approvals.listing(operator.user)
    return rendered(request, "approvals.html", operator=operator, approvals=listed, at=now())


@router.post("/{id}/approvals")
def ask(
    desk: AtDesk,
    operator: FormOperator,
    id: str,
    ask: Annotated[Ask, Form()],
    reason: Annotated[Reason, Form()],
    what: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    if ask is Ask.EXPORT_TABLE:
        reading.table(desk.shop, current, what)  # that there is one, before anybody is asked
    desk.shop.access.approvals.ask(operator.user, current, ask, reason, what)
    return RedirectResponse(f"/console/{current.id}", 303)


@router.post("/approvals/{id}/decide")
def decide(
    desk: AtDesk, operator: Approver, id: str, decision: Annotated[Literal["grant", "deny"], Form()]
) -> Response:
    desk.shop.access.approvals.decide(operator.user, id, grant=decision == "grant")
    return RedirectResponse("/console/approvals", 303)


@router.post("/approvals/{id}/execute")
def execute(desk: AtDesk, operator: FormOperator, id: str) -> Response:
    """By who asked, once. A withdrawal can be repeated and is marked when it is done; an export is marked
    before it leaves."""
    held = desk.shop.access.approvals.due(operator.user, id)
    current = desk.shop.ledger.authorization(held.authorization_id, tenant=operator.tenant)
    if held.ask is Ask.WITHDRAW:
        desk.intake.withdraw(current.id, actor=operator.actor)
        desk.shop.access.approvals.spend(operator.user, id)
        return RedirectResponse(f"/console/{current.id}", 303)
    answer = (
        _table(desk, current, held) if held.ask is Ask.EXPORT_TABLE else _evidence(desk, operator, current)
    )
    desk.shop.access.approvals.spend(operator.user, id)
    return answer


def _evidence(desk: Desk, operator: Operator, current: Authorization) -> Response:
    content = exported(desk.shop, current.id, actor=operator.actor)
    named = {"content-disposition": f'attachment; filename="{current.id}.zip"'}
    return Response(content, media_type="application/zip", headers=named)


def _table(desk: Desk, current: Authorization, held: Approval) -> Response:
    frame = reading.table(desk.shop, current, held.what)
    named = {"content-disposition": f'attachment; filename="{held.what}-{held.id}.xlsx"'}
    return StreamingResponse(
        pieces(frame, Format.XLSX), media_type=WRITERS[Format.XLSX].media_type, headers=named
    )
