"""The sandbox's own routes under ``/_sandbox/`` of every portal: faults, journal, companies, clock, phones.

* ``POST/DELETE faults``: POST ``{"kind": …, "path": "/", "times": null, "seconds": 1}`` and the other fields
  of ``sandbox.faults.Fault``; DELETE clears the portal's table, with ``?kind=`` of this kind alone
* ``GET journal``: list of entries; ``?event=`` filters
* ``GET companies``: list of ``{"taxpayer_id", "name", "status", "general", "issued", "received", "people":
  [{"person_id", "name", "phone", "password", "roles": {taxpayer_id: title}}], "grants": […]}``
* ``GET gauge``: ``{"under_way", "most", "total"}`` of requests; DELETE lets ``most`` and ``total`` begin anew
* ``POST clock`` ``{"seconds": 600}``: shifts the time of the whole sandbox
* ``GET phone/{number}`` (HTML) and ``phone/{number}.json``
* ``GET/POST app/{account}``: the tax app, see ``sandbox.taxapp``
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from sandbox.company import Company
from sandbox.faults import Fault, FaultKind
from sandbox.phone import inbox
from sandbox.portal import Portal
from sandbox.taxapp import door


def with_admin(app: ASGIApp, portal: Portal) -> Router:
    """The portal's app with the admin routes before it."""
    return Router([Mount("/_sandbox", routes=_routes(portal)), Mount("/", app=app)])


def _routes(portal: Portal) -> list[Route]:
    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            kind = request.query_params.get("kind")
            portal.faults.clear(FaultKind(kind) if kind else None)
        else:
            asked = await request.json()
            portal.faults.add(Fault(FaultKind(asked.pop("kind")), **asked))
        return Response(status_code=204)

    async def journal(request: Request) -> Response:
        event = request.query_params.get("event")
        return JSONResponse([entry for entry in portal.journal.entries() if event in (None, entry["event"])])

    async def companies(request: Request) -> Response:
        return JSONResponse([_company(company) for company in portal.directory.companies.values()])

    async def gauge(request: Request) -> Response:
        counted = portal.gauge
        if request.method == "DELETE":
            counted.most, counted.total = counted.under_way, 0
        return JSONResponse(vars(counted))

    async def clock(request: Request) -> Response:
        portal.clock.shift(float((await request.json())["seconds"]))
        return JSONResponse({"now": portal.clock.now().isoformat()})

    async def phone(request: Request) -> Response:
        return inbox(portal.phones, request)

    async def app(request: Request) -> Response:
        return await door(portal.phones.app, portal.directory, portal.clock.now(), request)

    return [
        Route("/faults", faults, methods=["POST", "DELETE"]),
        Route("/journal", journal),
        Route("/companies", companies),
        Route("/gauge", gauge, methods=["GET", "DELETE"]),
        Route("/clock", clock, methods=["POST"]),
        Route("/phone/{number}", phone),
        Route("/app/{account}", app, methods=["GET", "POST"]),
    ]


def _company(company: Company) -> dict[str, Any]:
    return {
        "taxpayer_id": company.taxpayer_id,
        "name": company.name,
        "status": company.status,
        "general": company.general,
        "issued": len(company.issued),
        "received": len(company.received),
        "people": [
            {
                "person_id": person.person_id,
                "name": person.name,
                "phone": person.phone,
                "password": person.password,
                "roles": {role.taxpayer_id: role.title for role in person.roles},
            }
            for person in company.people
        ],
        "grants": list(company.grants.values()),
    }
