"""The bank's own data service, for every company of the sandbox. Wire: one GET a dataset, a bearer key, the
contract of ``schema.hubcontract``. Everything is synthetic and agrees with the company's own invoices."""

from __future__ import annotations

import hmac
import secrets
from datetime import date

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from sandbox.families.datahub.facts import FACTS
from sandbox.faults import FaultKind
from sandbox.portal import Built, Portal
from schema.dataset import Dataset
from schema.hubcontract import answer


def build(portal: Portal) -> Built:
    """``keys``: ``api_key``."""
    key = secrets.token_urlsafe(24)

    async def dataset(request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            return JSONResponse({"error": "unauthorized"}, 401)
        company = portal.directory.company(request.path_params["company"])
        facts = FACTS.get(request.path_params["dataset"])
        if company is None or facts is None:
            return JSONResponse({"error": "not_found"}, 404)
        if portal.faults.active(FaultKind.WRONG_COMPANY, request.url.path):
            company = portal.directory.stranger(company.taxpayer_id)
        days = (
            date.fromisoformat(request.query_params["from"]),
            date.fromisoformat(request.query_params["to"]),
        )
        asked = Dataset(request.path_params["dataset"])
        content = orjson.dumps(answer(asked, company.taxpayer_id, days, facts(company, days[1])))
        if portal.faults.active(FaultKind.LAYOUT_CHANGED, request.url.path):
            content = content.replace(b'"event_date"', b'"date"').replace(b'"month"', b'"period"')
        portal.journal.write("page_served", taxpayer_id=company.taxpayer_id, detail=str(asked))
        return Response(content, media_type="application/json")

    path = "/hub/v1/companies/{company}/{dataset}"
    return Built(Router([Route(path, dataset)]), keys={"api_key": key})
