"""Who may come in: API keys of loan systems, users of the console."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from authz.access.roles import Role
from authz.apikeys import LOAN_SYSTEM, Scope
from cli.terminal import Json, desk, show, table
from schema.clock import BEIJING
from store.database import now

key = typer.Typer(no_args_is_help=True, help="API keys of loan systems.")
user = typer.Typer(no_args_is_help=True, help="Users of the console.")


@key.command("issue")
def key_issue(
    name: str,
    tenant: str = "bank",
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it is for; repeat it. Default: all of a loan system.")
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The first day, Beijing time, on which it no longer opens."),
    ] = None,
    as_json: Json = False,
) -> None:
    """A new bearer key with the secret that signs its webhooks. Both are shown once."""
    ends = expires.replace(tzinfo=BEIJING).astimezone(UTC) if expires else None
    with desk() as (shop, _):
        bearer, signing = shop.api_keys.issue(tenant, name, scopes=scope or LOAN_SYSTEM, expires_at=ends)
        show({"bearer": bearer, "webhook_secret": signing}, as_json)


@key.command("list")
def key_list(as_json: Json = False) -> None:
    """Every key with its scopes, end and last use; the keys themselves are not kept."""
    with desk() as (shop, _):
        keys = shop.api_keys.listing()
    told = [
        {
            "id": each.id,
            "name": each.name,
            "tenant": each.tenant,
            "state": each.state(now()),
            "scopes": list(each.scopes),
            "expires": each.expires_at,
            "last_used": each.last_used_at,
        }
        for each in keys
    ]
    show(told, as_json, table([*told[0]], [_cells(each) for each in told]) if told else "no keys")


@key.command("rotate")
def key_rotate(
    id: str,
    overlap_hours: Annotated[int, typer.Option(min=0, help="How long the old key still opens.")] = 24,
    as_json: Json = False,
) -> None:
    """A new bearer key in the place of this one; the webhook secret stays. It is shown once."""
    with desk() as (shop, _):
        show({"bearer": shop.api_keys.rotate(id, overlap=timedelta(hours=overlap_hours))}, as_json)


@key.command("revoke")
def key_revoke(id: str, as_json: Json = False) -> None:
    """The key no longer opens, from now on."""
    with desk() as (shop, _):
        shop.api_keys.revoke(id)
    show({"id": id, "state": "revoked"}, as_json)


@user.command("add")
def user_add(
    name: str,
    role: Annotated[Role, typer.Option(help="What the user may do.")],
    tenant: str = "bank",
    as_json: Json = False,
) -> None:
    """A user of the console. The password is asked for; at the first sign-in a telephone is enrolled."""
    with desk() as (shop, _):
        made = shop.access.users.add(tenant, name, role, _asked_password(), actor="cli")
    show({"id": made.id, "name": made.name, "role": made.role}, as_json)


@user.command("list")
def user_list(as_json: Json = False) -> None:
    """Every user, with role, and whether a telephone is enrolled."""
    with desk() as (shop, _):
        users = shop.access.users.listing()
    told: list[dict[str, object]] = [
        {
            "id": each.id,
            "name": each.name,
            "role": each.role,
            "tenant": each.tenant,
            "enrolled": each.enrolled_at,
            "disabled": each.disabled_at,
        }
        for each in users
    ]
    show(told, as_json, table([*told[0]], [_cells(each) for each in told]) if told else "no users")


@user.command("password")
def user_password(name: str) -> None:
    """Set another password, which is asked for; the user's sessions end."""
    with desk() as (shop, _):
        users = shop.access.users
        users.set_password(users.by_name(name), _asked_password(), actor="cli")


@user.command("reset")
def user_reset(name: str) -> None:
    """The telephone is lost: another one is enrolled at the next sign-in; the user's sessions end."""
    with desk() as (shop, _):
        users = shop.access.users
        users.forget_codes(users.by_name(name), actor="cli")


@user.command("disable")
def user_disable(name: str) -> None:
    """Shut out for good, from now on."""
    with desk() as (shop, _):
        users = shop.access.users
        users.disable(users.by_name(name), actor="cli")


def _asked_password() -> str:
    """From the terminal, twice; or one line of standard input. Never an argument: those are seen by every
    process of the machine."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def _cells(told: Mapping[str, object]) -> list[str]:
    return [
        f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime)
        else " ".join(map(str, value)) if isinstance(value, list)
        else str(value or "–")
        for value in told.values()
    ]  # fmt: skip
