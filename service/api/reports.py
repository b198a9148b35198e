"""The business profile of one firm, for loan systems. Names and numbers are masked."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from authz.apikeys import Scope
from service.api.callers import ScoreReader
from service.api.routes import Id
from service.desk import AtDesk
from service.report.firm import firm
from service.report.pages import Form, answered, of_firm

router = APIRouter(prefix="/v1/authorizations", tags=["authorizations"])


@router.get(
    "/{id}/report",
    response_class=Response,
    responses={200: {"content": {"text/html": {}, "application/pdf": {}}}},
)
def report(
    desk: AtDesk,
    caller: ScoreReader,
    id: Id,
    lang: Annotated[Literal["zh", "en"], Query(description="The language of the page.")] = "zh",
    form: Annotated[Form, Query(description="A page that needs nothing beside it, or its print.")] = "html",
) -> Response:
    """The business profile (经营画像) of the newest score, for the bank's own people: it tells anti-fraud
    findings. Needs the scopes of scores and of datasets. That it was read is on record."""
    caller.check(Scope.DATASETS)
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return answered(of_firm(firm(desk.shop, current, actor=caller.actor), lang), form)
