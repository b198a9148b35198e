"""The reconciliation report of an authorization, in the console."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.api import reading
from service.console.login import EvidenceReader
from service.console.pages import rendered
from service.desk import AtDesk

router = APIRouter()


@router.get("/{id}/reconciliation")
def page(desk: AtDesk, request: Request, operator: EvidenceReader, id: str) -> Response:
    """Every check, with the rows that are furthest apart."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    return rendered(
        request,
        "reconciliation.html",
        operator=operator,
        item=current,
        results=reading.reconciled(desk.shop, current),
    )
