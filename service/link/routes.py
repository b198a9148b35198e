"""The endpoints of the borrower's page. Everything below ``/link/{token}`` belongs to the browser that opened
the link first, but for the code on a second screen."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from authz.consent import Party
from authz.consent.artefact import Assent
from authz.links import hashed
from schema.errors import ChallengeNotYours, LinkExpired, LinkUnknown, LinkUsed, StateConflict
from service import streams
from service.desk import AtDesk
from service.link import pages, view
from service.uploads import Uploads
from stages import letters
from stages.documents import raise_if_refused

router = APIRouter(prefix="/link/{token}", include_in_schema=False)

COOKIE = "taxlink_browser"
_COOKIE_SECONDS = 400 * 24 * 3600
"""Longer than most consents: who agreed in this browser can withdraw in it."""


@dataclass(frozen=True)
class Visitor:
    """Whoever owns the link, in the browser that it belongs to."""

    id: str
    party: Party
    browser: str
    """SHA-256 of the browser's cookie."""


class AgreeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text_sha256: str = Field(max_length=64)


Fields = dict[str, Annotated[str, Field(max_length=4096)]]


@router.get("")
def page(desk: AtDesk, request: Request, token: str) -> Response:
    """The page. The first browser whose page then asks for its state owns the link; a preview does not."""
    known = request.cookies.get(COOKIE)
    browser = known or secrets.token_urlsafe(32)
    try:
        id = desk.shop.links.look(token, browser)
    except (LinkUnknown, LinkExpired, LinkUsed) as error:
        return pages.refusal(desk.shop, request, error)
    party = desk.shop.links.party(token)
    answer = pages.page(desk.shop, request, desk.shop.ledger.authorization(id), party, token)
    if known is None:
        answer.set_cookie(
            COOKIE,
            browser,
            max_age=_COOKIE_SECONDS,
            path="/link",
            httponly=True,
            samesite="lax",  # strict would be withheld when the link is tapped in another site's message
            secure=desk.shop.settings.public_url.startswith("https:"),
        )
    return answer


@router.get("/screen")
def screen(desk: AtDesk, request: Request, token: str) -> Response:
    """A code to scan, in any browser: it tells nothing of the company."""
    try:
        id = desk.shop.links.read(token)
    except (LinkUnknown, LinkExpired) as error:
        return pages.refusal(desk.shop, request, error)
    return pages.screen(desk.shop, request, desk.shop.ledger.authorization(id))


def _opened(desk: AtDesk, request: Request, token: str) -> Visitor:
    """Whose link this browser's is, and the authorization that it opens.

    Raises ``LinkUnknown``, ``LinkExpired``, ``LinkUsed``. A request that another site made is refused; what
    comes from a form is no JSON and was refused before.
    """
    browser = request.cookies.get(COOKIE)
    if browser is None or request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
        raise LinkUsed
    id = desk.shop.links.open(token, browser)
    return Visitor(id, desk.shop.links.party(token), hashed(browser))


Opened = Annotated[Visitor, Depends(_opened)]


def _signing_in(visitor: Opened) -> Visitor:
    """The borrower, who alone signs in at the portal. Raises ``ChallengeNotYours``."""
    if visitor.party is not Party.BORROWER:
        raise ChallengeNotYours
    return visitor


SigningIn = Annotated[Visitor, Depends(_signing_in)]


def _handing_in(
    visitor: SigningIn, x_page: Annotated[str | None, Header(description="Set by the page's script.")] = None
) -> Visitor:
    """The borrower by the page's own script: a form of another site could send files, but no such header.
    Raises ``LinkUsed``."""
    if x_page is None:
        raise LinkUsed
    return visitor


HandingIn = Annotated[Visitor, Depends(_handing_in)]


@router.get("/state")
def state(desk: AtDesk, visitor: Opened) -> dict[str, Any]:
    return _seen(desk, visitor)


@router.get("/events")
def events(desk: AtDesk, request: Request, visitor: Opened) -> streams.EventStream:
    """The state, pushed whenever it changes."""
    chunks = streams.states(desk.shop.feed, visitor.id, partial(_seen, desk, visitor))
    return streams.EventStream(chunks, request.app.state.metrics.streams)


@router.get("/consent.pdf")
def letter(desk: AtDesk, visitor: Opened) -> Response:
    """What the visitor has signed, to keep."""
    current = desk.shop.ledger.authorization(visitor.id)
    headers = {"content-disposition": "attachment; filename=consent.pdf"}
    return Response(letters.pdf(desk.shop, current, visitor.party), 200, headers, "application/pdf")


@router.post("/agree")
def agree(desk: AtDesk, request: Request, visitor: Opened, agreed: AgreeIn) -> dict[str, Any]:
    assent = Assent(
        device=request.headers.get("user-agent", ""),
        address=request.client.host if request.client else "",
        browser=visitor.browser,
    )
    desk.intake.agree(visitor.id, agreed.text_sha256, actor=visitor.party, party=visitor.party, assent=assent)
    return _seen(desk, visitor)


@router.post("/documents")
def hand_in(desk: AtDesk, visitor: HandingIn, given: Uploads) -> dict[str, Any]:
    """Statements and invoices as files; ``refused`` names those that were not taken, beside the ones that
    were."""
    handed = [
        each
        for upload in given
        for each in desk.intake.hand_in(visitor.id, upload.name, upload.content, actor=visitor.party)
    ]
    raise_if_refused(handed)
    refused = [
        {"name": each.name, "zh": each.error.zh, "en": each.error.message()} for each in handed if each.error
    ]
    return _seen(desk, visitor) | {"refused": refused}


@router.post("/decline")
def decline(desk: AtDesk, visitor: Opened) -> dict[str, Any]:
    desk.intake.decline(visitor.id, actor=visitor.party, party=visitor.party)
    return _seen(desk, visitor)


@router.post("/withdraw")
def withdraw(desk: AtDesk, visitor: Opened) -> dict[str, Any]:
    desk.intake.withdraw(visitor.id, actor=visitor.party)
    return _seen(desk, visitor)


@router.post("/retry")
def retry(desk: AtDesk, visitor: SigningIn) -> dict[str, Any]:
    """Another run, also in the place of one whose question has expired."""
    if "retry" not in _seen(desk, visitor)["can"]:
        raise StateConflict
    desk.intake.lapse(visitor.id)
    desk.intake.rerun(visitor.id, actor=visitor.party)
    return _seen(desk, visitor)


@router.post("/answer/{challenge_id}")
def answer(desk: AtDesk, visitor: SigningIn, challenge_id: str, fields: Fields) -> dict[str, Any]:
    desk.intake.answer(visitor.id, challenge_id, fields)
    return _seen(desk, visitor)


def _seen(desk: AtDesk, visitor: Visitor) -> dict[str, Any]:
    return view.state(desk.shop, visitor.id, visitor.party)
