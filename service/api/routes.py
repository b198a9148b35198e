"""The endpoints of loan systems. Another tenant's authorization is as unknown as one that does not exist."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.responses import StreamingResponse

from authz.authorization import State
from authz.consent import Party
from schema.errors import StateConflict
from service import streams
from service.api import reading, views
from service.api.callers import DatasetReader, Reader, ScoreReader, Withdrawer, Writer
from service.api.models import (
    AuthorizationDetailOut,
    AuthorizationOut,
    DatasetsOut,
    EventsOut,
    LinkOut,
    PageOut,
    ReconciliationOut,
    RowsOut,
    SubmittedOut,
    WarningsOut,
)
from service.api.submission import AuthorizationIn, application
from service.desk import AtDesk
from stages.export import WRITERS, Format, accepted, pieces, with_yuan
from stages.readable import check_readable
from stages.submission import submit as submit_application
from stages.warnings import shown

router = APIRouter(
    prefix="/v1/authorizations",
    tags=["authorizations"],
    responses={
        400: {"description": "Every failure: `application/problem+json`."},
        401: {"description": "The API key is missing or not valid."},
        403: {"description": "The API key lacks the scope."},
    },
)

Id = Annotated[str, Path(description="The authorization's id.", max_length=40)]


@router.post("", status_code=201, responses={200: {"description": "Replayed: the same authorization."}})
def submit(
    desk: AtDesk,
    caller: Writer,
    submitted: AuthorizationIn,
    response: Response,
    idempotency_key: Annotated[
        str,
        Header(
            description="One per application. The same key with the same body returns the first result; with "
            "another body it is refused.",
            pattern=r"^[\x21-\x7e]{1,128}$",
        ),
    ],
) -> SubmittedOut:
    """Start an authorization. The answer holds the link to hand to the borrower."""
    asked = application(submitted, caller, desk.shop.settings.callback_hosts)
    done = submit_application(
        desk.shop,
        asked,
        submitted.person.model_dump(),
        actor=caller.actor,
        idempotency=(idempotency_key, submitted.digest()),
    )
    response.status_code = 200 if done.replayed else 201
    return views.submitted(desk.shop, done)


@router.get("")
def listing(
    desk: AtDesk,
    caller: Reader,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(description="`next` of the page before.", max_length=40)] = None,
) -> PageOut:
    """The caller's authorizations, the newest first."""
    found = desk.shop.ledger.listing(tenant=caller.tenant, state=state, limit=limit + 1, after=after)
    page = found[:limit]
    return PageOut(
        items=[views.authorization(each) for each in page],
        next=page[-1].id if len(found) > limit else None,
    )


@router.get("/{id}")
def show(desk: AtDesk, caller: Reader, id: Id) -> AuthorizationDetailOut:
    """One authorization with its consent, attempts, and what the borrower is being asked."""
    return views.detail(desk.shop, desk.shop.ledger.authorization(id, tenant=caller.tenant))


@router.get("/{id}/events", response_model=EventsOut, responses={200: {"content": {"text/event-stream": {}}}})
def events(
    desk: AtDesk,
    caller: Reader,
    request: Request,
    id: Id,
    after: Annotated[int, Query(ge=0, description="Only events with a larger id.")] = 0,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> Any:
    """What happened, in order; with `Accept: text/event-stream`, live."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    since = max(after, last_event_id or 0)

    def earlier() -> list[dict[str, Any]]:
        return [
            each | {"at": each["at"].isoformat()} for each in desk.shop.ledger.events(current.id, after=since)
        ]

    if "text/event-stream" in request.headers.get("accept", ""):
        chunks = streams.events(desk.shop.feed, current.id, earlier)
        return streams.EventStream(chunks, request.app.state.metrics.streams)
    return {"items": earlier()}


@router.get("/{id}/datasets")
def datasets(desk: AtDesk, caller: DatasetReader, id: Id) -> DatasetsOut:
    """What was read, what is missing and why, and what the checks found."""
    return views.datasets(desk.shop, desk.shop.ledger.authorization(id, tenant=caller.tenant))


@router.get(
    "/{id}/datasets/{table}",
    response_model=RowsOut,
    responses={200: {"content": {writer.media_type: {} for writer in WRITERS.values()}}},
)
def rows(
    desk: AtDesk,
    caller: DatasetReader,
    request: Request,
    id: Id,
    table: Annotated[str, Path(description="A table's name, such as `invoice`.", max_length=40)],
    format: Annotated[
        Format | None, Query(description="The whole table as a file; `Accept` with its type does the same.")
    ] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> Any:
    """A page of rows as JSON, or the whole table as a file."""
    frame = reading.table(desk.shop, desk.shop.ledger.authorization(id, tenant=caller.tenant), table)
    wanted = format or accepted(request.headers.get("accept", ""))
    if wanted is not None:
        return StreamingResponse(pieces(frame, wanted), media_type=WRITERS[wanted].media_type)
    page = with_yuan(frame.slice(offset, limit)).to_dicts()
    return {"table": table, "total": frame.height, "offset": offset, "rows": page}


@router.get("/{id}/reconciliation")
def reconciliation(desk: AtDesk, caller: DatasetReader, id: Id) -> ReconciliationOut:
    """Every check of the newest snapshot against itself: what agrees, what differs by how much and in which
    rows, and what could not be checked and why."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return views.reconciliation(reading.reconciled(desk.shop, current))


@router.get("/{id}/score", response_class=Response, responses={200: {"content": {"application/json": {}}}})
def score(desk: AtDesk, caller: ScoreReader, id: Id) -> Response:
    """The newest score whole: decision, limit, rate, route, reasons, indicators, policy version."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    check_readable(desk.shop, current)
    scored = desk.shop.casefile.score(current.id)
    if scored is None:
        raise StateConflict("there is no score yet")
    return Response(desk.shop.vault.unseal(scored["result_ref"]), media_type="application/json")


@router.get("/{id}/warnings")
def warnings(desk: AtDesk, caller: ScoreReader, id: Id) -> WarningsOut:
    """Every warning signal over time, open ones first, the most urgent before others."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    check_readable(desk.shop, current)
    return views.warnings(shown(desk.shop, current))


@router.post("/{id}/rerun", status_code=202)
def rerun(desk: AtDesk, caller: Writer, id: Id) -> AuthorizationOut:
    """Try a failed authorization again, under the same id and consent."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return views.authorization(desk.intake.rerun(current.id, actor=caller.actor))


@router.post("/{id}/link", status_code=201)
def link(desk: AtDesk, caller: Writer, id: Id, party: Annotated[Party, Query()] = Party.BORROWER) -> LinkOut:
    """A fresh link for the borrower or another party: needed again (`needs_repair`, `failed`), or lost."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    token = desk.intake.link(current.id, actor=caller.actor, party=party)
    return LinkOut(link_url=views.link_url(desk.shop, token))


@router.post("/{id}/withdraw")
def withdraw(desk: AtDesk, caller: Withdrawer, id: Id) -> AuthorizationOut:
    """End the consent at once; the data are destroyed."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return views.authorization(desk.intake.withdraw(current.id, actor=caller.actor))
