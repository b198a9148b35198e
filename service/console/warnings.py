"""The warnings of an authorization, in the console."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.console.login import EvidenceReader
from service.console.pages import rendered
from service.desk import AtDesk
from stages.warnings import shown

router = APIRouter()


@router.get("/{id}/warnings")
def page(desk: AtDesk, request: Request, operator: EvidenceReader, id: str) -> Response:
    """What is open, the most urgent first, then what was closed."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    return rendered(
        request, "warnings.html", operator=operator, item=current, warnings=shown(desk.shop, current)
    )
