"""The resource server: tax data as JSON, for the holder of a bound token, a cursor from page to page."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.company import Company
from sandbox.families.oauth import records
from sandbox.families.oauth.applications import DATASETS, Applications
from sandbox.families.oauth.problems import Problem
from sandbox.families.oauth.proofs import Proofs
from sandbox.faults import FaultKind

PREFIX = "/tax/v1/taxpayers/"
MAX_PAGE = 500
_RENAMED = {
    b'"amount"': b'"netAmount"',
    b'"count"': b'"total"',
    b'"name"': b'"title"',
    b'"grade"': b'"level"',
    b'"current"': b'"thisPeriod"',
}
"""What the fault ``layout_changed`` does to the keys of an answer."""

Rows = Callable[[Company, Mapping[str, str], str, str], list[dict[str, Any]]]


def _ratings(company: Company, _: Mapping[str, str], start: str, end: str) -> list[dict[str, Any]]:
    return [records.rating(each) for each in company.ratings]


def _returns(company: Company, _: Mapping[str, str], start: str, end: str) -> list[dict[str, Any]]:
    return [records.vat_return(each) for each in company.returns if start <= each.end.isoformat() <= end]


def _invoices(company: Company, query: Mapping[str, str], start: str, end: str) -> list[dict[str, Any]]:
    sides = {"ISSUED": company.issued, "RECEIVED": company.received}
    ordered = sorted(sides[query["direction"]], key=lambda invoice: invoice.issued_at)
    days = ((each, each.issued_at.date().isoformat()) for each in ordered)
    return [records.invoice(each) for each, day in days if start <= day <= end]


_ROWS: dict[str, Rows] = {"creditRatings": _ratings, "vatReturns": _returns, "invoices": _invoices}


class Data:
    """Cursors hold what is left of a query."""

    def __init__(self, proofs: Proofs, applications: Applications) -> None:
        self._proofs, self._applications, self._portal = proofs, applications, applications.portal
        self._cursors: dict[str, tuple[str, int, list[dict[str, Any]]]] = {}

    def routes(self) -> list[Route]:
        path = f"{PREFIX}{{taxpayer_id}}"
        return [Route(path, self._answer), Route(f"{path}/{{name}}", self._answer)]

    async def _answer(self, request: Request) -> Response:
        try:
            return self._read(request)
        except Problem as problem:
            self._portal.journal.write("refused", detail=f"{PREFIX} {problem.error}")
            header = f'DPoP error="{problem.error}", algs="ES256"'
            response = problem.response()
            response.headers["WWW-Authenticate"] = header
            return response

    def _read(self, request: Request) -> Response:
        name = request.path_params.get("name", "taxpayer")
        taxpayer_id, query = request.path_params["taxpayer_id"], request.query_params
        days = (query.get("from", ""), query.get("to", ""))
        company = self._company(request, name, taxpayer_id, days)
        page = {} if name == "taxpayer" else self._page(request, name, company, days)
        if self._portal.faults.active(FaultKind.WRONG_COMPANY, request.url.path):
            company = self._portal.directory.stranger(taxpayer_id)
        told = records.taxpayer(company) if name == "taxpayer" else page
        whole = {"taxpayerId": company.taxpayer_id, **told}
        response = JSONResponse(whole, headers=self._proofs.nonce("data"))
        self._portal.journal.write("page_served", taxpayer_id=company.taxpayer_id, detail=name)
        if self._portal.faults.active(FaultKind.LAYOUT_CHANGED, request.url.path):
            body = bytes(response.body)
            for known, renamed in _RENAMED.items():
                body = body.replace(known, renamed)
            return Response(body, media_type="application/json")
        return response

    def _company(self, request: Request, name: str, taxpayer_id: str, days: tuple[str, str]) -> Company:
        """The company, when the token opens it for this dataset and these days. Raises ``Problem``."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        held = self._applications.tokens.get(token)
        if scheme.lower() != "dpop":
            raise Problem("invalid_token", 401)
        jkt = self._proofs.dpop(request, "data", token=token)
        if self._portal.faults.active(FaultKind.SESSION_LOST, request.url.path):
            raise Problem("invalid_token", 401)
        if held is None or held.expires_at is None or held.expires_at < self._portal.clock.now():
            raise Problem("invalid_token", 401)
        if held.jkt != jkt:
            raise Problem("invalid_token", 401)
        application = held.application
        self._applications.alive(self._applications.grant(application), "invalid_token", 401)
        limits = application.days.get(name)
        within = limits is not None and (not days[0] or (limits[0] <= days[0] and days[1] <= limits[1]))
        if application.company.taxpayer_id != taxpayer_id or name not in DATASETS or not within:
            raise Problem("insufficient_scope", 403)
        return application.company

    def _page(self, request: Request, name: str, company: Company, days: tuple[str, str]) -> dict[str, Any]:
        query = request.query_params
        try:
            limit = int(query.get("limit", "100"))
            if cursor := query.get("cursor"):
                owner, count, rows = self._cursors[cursor]
            else:
                start, end = (date.fromisoformat(day).isoformat() for day in days)
                rows = _ROWS[name](company, query, start, end)
                owner, count = company.taxpayer_id, len(rows)
        except (KeyError, ValueError):
            raise Problem("invalid_request") from None
        if owner != company.taxpayer_id or not 1 <= limit <= MAX_PAGE:
            raise Problem("invalid_request")
        following = None
        if len(rows) > limit:
            following = secrets.token_urlsafe(16)
            self._cursors[following] = (owner, count, rows[limit:])
        return {
            **({"direction": query.get("direction")} if name == "invoices" else {}),
            "count": count,
            "items": rows[:limit],
            "nextCursor": following,
        }
