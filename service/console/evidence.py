"""The console's page of evidence: what was done at the portal, as long as it may be known."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from authz.authorization import Authorization
from schema.dataset import Dataset
from schema.errors import EvidenceUnknown
from service.console.login import EvidenceReader, Operator
from service.console.pages import rendered
from service.desk import AtDesk, Desk
from stages import evidence

router = APIRouter()


@router.get("/{id}/attempts/{number}/evidence")
def of_attempt(
    desk: AtDesk, request: Request, operator: EvidenceReader, id: str, number: Annotated[int, Path(ge=1)]
) -> Response:
    """Of an attempt, counted from the authorization's first."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    found = dict(enumerate(desk.shop.attempts.of(id), 1)).get(number)
    if found is None or found["evidence_ref"] is None:
        raise EvidenceUnknown
    about = {"attempt": found["id"], "route": found["route"]}
    return _page(desk, request, operator, current, found["evidence_ref"], about)


@router.get("/{id}/collections/{dataset}/evidence")
def of_collection(
    desk: AtDesk, request: Request, operator: EvidenceReader, id: str, dataset: Dataset
) -> Response:
    """Of a dataset's collection in the present run."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    for each in desk.shop.casefile.collections(id, current.run):
        if each.dataset is dataset and each.evidence_ref is not None:
            about = {"dataset": dataset.value, "route": each.route.value}
            return _page(desk, request, operator, current, each.evidence_ref, about)
    raise EvidenceUnknown


def _page(
    desk: Desk,
    request: Request,
    operator: Operator,
    current: Authorization,
    ref: str,
    about: dict[str, str],
) -> Response:
    """That it was looked at is on record before it is shown."""
    with desk.shop.store.begin() as connection:
        desk.shop.ledger.record(connection, current.id, operator.actor, "evidence.viewed", about)
    bundle = evidence.shown(desk.shop, ref)
    return rendered(request, "evidence.html", operator=operator, item=current, about=about, bundle=bundle)
