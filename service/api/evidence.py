"""The evidence file of an authorization, for the loan system that owns it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.callers import EvidenceReader
from service.api.routes import Id
from service.desk import AtDesk
from stages.evidencefile import exported

router = APIRouter(prefix="/v1/authorizations", tags=["authorizations"])
ZIP = "application/zip"


@router.get("/{id}/evidence", response_class=Response, responses={200: {"content": {ZIP: {}}}})
def evidence(desk: AtDesk, caller: EvidenceReader, id: Id) -> Response:
    """What can be proved of an authorization, as a ZIP that checks itself: consent, challenges, receipts,
    digests of every payload, scores, notices, audit records with proofs. That it was fetched is on record."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    content = exported(desk.shop, current.id, actor=caller.actor)
    named = {"content-disposition": f'attachment; filename="{current.id}.zip"'}
    return Response(content, media_type=ZIP, headers=named)
