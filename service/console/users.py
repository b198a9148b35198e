"""The administrator's page: who may sign in, and with which role."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from authz.access.roles import Role
from schema.errors import InvalidRequest, PasswordTooWeak, UserExists, UserUnknown
from service.console.login import Operator, UserKeeper, UserKeeperForm
from service.console.pages import rendered
from service.desk import AtDesk, Desk

router = APIRouter()


@router.get("/users")
def page(desk: AtDesk, request: Request, operator: UserKeeper) -> Response:
    return _page(desk, request, operator)


@router.post("/users")
def add(
    desk: AtDesk,
    request: Request,
    operator: UserKeeperForm,
    name: Annotated[str, Form(max_length=32)],
    role: Annotated[Role, Form()],
    password: Annotated[str, Form(max_length=128)],
) -> Response:
    """A user of the same tenant, who enrols a telephone at the first sign-in."""
    try:
        desk.shop.access.users.add(operator.tenant, name.strip(), role, password, actor=operator.actor)
    except (UserExists, PasswordTooWeak, InvalidRequest) as error:
        return _page(desk, request, operator, refused=error)
    return RedirectResponse("/console/users", 303)


@router.post("/users/{id}")
def change(
    desk: AtDesk, operator: UserKeeperForm, id: str, change: Annotated[Literal["disable", "codes"], Form()]
) -> Response:
    """Shut out for good, or let another telephone be enrolled. Nobody does it to themselves."""
    users = desk.shop.access.users
    user = users.by_id(id)
    if user.tenant != operator.tenant:
        raise UserUnknown
    if user.id == operator.user.id:
        raise InvalidRequest("another administrator does that")
    act = users.disable if change == "disable" else users.forget_codes
    act(user, actor=operator.actor)
    return RedirectResponse("/console/users", 303)


def _page(desk: Desk, request: Request, operator: Operator, refused: Exception | None = None) -> Response:
    return rendered(
        request,
        "users.html",
        getattr(refused, "status", 200),
        operator=operator,
        users=desk.shop.access.users.listing(operator.tenant),
        roles=list(Role),
        refused=refused,
    )
