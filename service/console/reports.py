"""Reports in the console: of one firm, and of the portfolio, as pages and on paper."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from service.console.login import EvidenceReader
from service.console.pages import language
from service.desk import AtDesk
from service.report.firm import firm
from service.report.pages import Form, answered, of_firm, of_portfolio
from service.report.portfolio import portfolio

router = APIRouter()
Month = Annotated[str | None, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


@router.get("/portfolio")
def whole(
    desk: AtDesk,
    request: Request,
    operator: EvidenceReader,
    month: Month = None,
    against: Month = None,
    form: Form = "html",
) -> Response:
    """Scores of a month beside those of another."""
    told = portfolio(desk.shop, operator.tenant, month, against)
    return answered(of_portfolio(told, language(request)), form)


@router.get("/{id}/report")
def one(desk: AtDesk, request: Request, operator: EvidenceReader, id: str, form: Form = "html") -> Response:
    """The business profile; in clear while this session has unmasked the authorization."""
    current = desk.shop.ledger.authorization(id, tenant=operator.tenant)
    clear = desk.shop.access.unmaskings.until(operator.session, current.id) is not None
    told = firm(desk.shop, current, actor=operator.actor, clear=clear)
    return answered(of_firm(told, language(request), clear=clear), form)
