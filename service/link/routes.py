"""The endpoints of the borrower's page. Everything below ``/link/{token}`` belongs to the browser that opened
the link first, but for the code on a second screen."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from schema.errors import LinkExpired, LinkUnknown, LinkUsed, StateConflict
from service import streams
from service.desk import AtDesk
from service.link import pages, view

router = APIRouter(prefix="/link/{token}", include_in_schema=False)

COOKIE = "taxlink_browser"
_COOKIE_SECONDS = 400 * 24 * 3600
"""Longer than most consents: who agreed in this browser can withdraw in it."""
ACTOR = "borrower"


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
    answer = pages.page(desk.shop, request, desk.shop.ledger.authorization(id), token)
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


def _opened(desk: AtDesk, request: Request, token: str) -> str:
    """The authorization that this browser's link opens.

    Raises ``LinkUnknown``, ``LinkExpired``, ``LinkUsed``. A request that another site made is refused; what
    comes from a form is no JSON and was refused before.
    """
    browser = request.cookies.get(COOKIE)
    if browser is None or request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
        raise LinkUsed
    return desk.shop.links.open(token, browser)


Opened = Annotated[str, Depends(_opened)]


@router.get("/state")
def state(desk: AtDesk, id: Opened) -> dict[str, Any]:
    return view.state(desk.shop, id)


@router.get("/events")
def events(desk: AtDesk, request: Request, id: Opened) -> streams.EventStream:
    """The state, pushed whenever it changes."""
    chunks = streams.states(desk.shop.feed, id, partial(view.state, desk.shop, id))
    return streams.EventStream(chunks, request.app.state.metrics.streams)


@router.post("/agree")
def agree(desk: AtDesk, id: Opened, agreed: AgreeIn) -> dict[str, Any]:
    desk.intake.agree(id, agreed.text_sha256, actor=ACTOR)
    return view.state(desk.shop, id)


@router.post("/decline")
def decline(desk: AtDesk, id: Opened) -> dict[str, Any]:
    desk.intake.decline(id, actor=ACTOR)
    return view.state(desk.shop, id)


@router.post("/withdraw")
def withdraw(desk: AtDesk, id: Opened) -> dict[str, Any]:
    desk.intake.withdraw(id, actor=ACTOR)
    return view.state(desk.shop, id)


@router.post("/retry")
def retry(desk: AtDesk, id: Opened) -> dict[str, Any]:
    """Another run, also in the place of one whose question has expired."""
    if "retry" not in view.state(desk.shop, id)["can"]:
        raise StateConflict
    desk.intake.lapse(id)
    desk.intake.rerun(id, actor=ACTOR)
    return view.state(desk.shop, id)


@router.post("/answer/{challenge_id}")
def answer(desk: AtDesk, id: Opened, challenge_id: str, fields: Fields) -> dict[str, Any]:
    desk.intake.answer(id, challenge_id, fields)
    return view.state(desk.shop, id)
