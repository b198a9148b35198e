"""Who is at the console: the session behind a cookie, the token that guards its forms, and what the role
permits."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request
from starlette.responses import Response

from authz.access.roles import PERMISSIONS, Permission
from authz.access.sessions import ABSOLUTE, Session, Stage
from authz.access.users import User
from schema.errors import InvalidRequest
from service.desk import AtDesk, Desk

COOKIE = "taxlink_console"


@dataclass(frozen=True)
class Operator:
    """Who is signed in. ``form_token`` must come with every form."""

    session: Session
    form_token: str

    @property
    def user(self) -> User:
        return self.session.user

    @property
    def tenant(self) -> str:
        return self.user.tenant

    @property
    def actor(self) -> str:
        return self.user.actor

    def may(self, permission: str) -> bool:
        """Whether the role permits it; for pages, which leave out what it does not."""
        return Permission(permission) in PERMISSIONS[self.user.role]


class SignInNeeded(Exception):
    """Nobody is signed in; the page to show is the sign-in."""


def _operator(desk: AtDesk, request: Request) -> Operator:
    session = desk.shop.access.sessions.find(request.cookies.get(COOKIE, ""))
    if session is None:
        raise SignInNeeded
    return Operator(session, _form_token(desk, session))


def _form_token(desk: Desk, session: Session) -> str:
    return hmac.digest(desk.shop.vault.service_key("console"), f"form:{session.id}".encode(), "sha256").hex()


Present = Annotated[Operator, Depends(_operator)]
"""Somebody with a session, whose code may still be missing."""


def _form(operator: Present, form_token: Annotated[str, Form(max_length=64)]) -> Operator:
    if not hmac.compare_digest(form_token.encode(), operator.form_token.encode()):
        raise InvalidRequest("the form is stale; open the page again")
    return operator


PresentForm = Annotated[Operator, Depends(_form)]
"""The same, behind a form that this console itself showed to this session."""


def _complete(operator: Operator, permission: Permission) -> Operator:
    """Raises ``SignInNeeded``, ``PermissionMissing``."""
    if operator.session.stage is not Stage.COMPLETE:
        raise SignInNeeded
    operator.user.check(permission)
    return operator


def _seeing(permission: Permission) -> Callable[[Operator], Operator]:
    def admitted(operator: Present) -> Operator:
        return _complete(operator, permission)

    return admitted


def _doing(permission: Permission) -> Callable[[Operator], Operator]:
    def admitted(operator: PresentForm) -> Operator:
        return _complete(operator, permission)

    return admitted


SignedIn = Annotated[Operator, Depends(_seeing(Permission.VIEW))]
EvidenceReader = Annotated[Operator, Depends(_seeing(Permission.EVIDENCE))]
UserKeeper = Annotated[Operator, Depends(_seeing(Permission.USERS))]
# Behind a form.
FormOperator = Annotated[Operator, Depends(_doing(Permission.VIEW))]
Rerunner = Annotated[Operator, Depends(_doing(Permission.RERUN))]
LinkIssuer = Annotated[Operator, Depends(_doing(Permission.LINK))]
Unmasker = Annotated[Operator, Depends(_doing(Permission.UNMASK))]
Approver = Annotated[Operator, Depends(_doing(Permission.APPROVE))]
UserKeeperForm = Annotated[Operator, Depends(_doing(Permission.USERS))]


async def same_origin(request: Request) -> None:
    """A form comes from a page of ours, the sign-in's included: so says the browser, in either of two ways.
    Raises ``InvalidRequest``."""
    if request.method != "POST":
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    other_site = site not in (None, "same-origin", "none")
    other_origin = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if other_site or other_origin:
        raise InvalidRequest("the form comes from another site")


def keep(desk: Desk, answer: Response, token: str) -> Response:
    """The session's cookie: for this console alone, out of reach of scripts and of other sites."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/console",
        httponly=True,
        samesite="strict",
        secure=desk.shop.settings.public_url.startswith("https:"),
    )
    return answer
