"""The unified electronic tax bureau (统一规范电子税务局), as a person meets it in a browser.

Three hosts in the real world, three path prefixes here, each with its own cookie: ``/tpass`` signs people in,
``/etax`` is the bureau itself, ``/dppt`` the invoice platform. The form opens a slider or a picture captcha;
only a solved one lets account and password through to the check; then an SMS code; then, for a person with
several roles, the choice of identity. Five wrong passwords lock the account. A code that the tax app scans
leads to the choice of identity at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette

from sandbox.families.unified import appsignin, authorization, desk, invoices, signin
from sandbox.families.unified.appsignin import TASK_SECONDS
from sandbox.families.unified.captcha import KINDS, Captchas
from sandbox.families.unified.desk import Counter
from sandbox.families.unified.sessions import IDLE_SECONDS, Sessions
from sandbox.families.unified.signin import APP, CODE, PASSWORD
from sandbox.portal import Built, Portal

USUAL = (PASSWORD, CODE)
SIGN_INS: Mapping[str, Sequence[str]] = {"2102": (CODE,), "63": (PASSWORD, APP), "65": (PASSWORD, APP)}
"""What a region offers that is not as usual."""


def build(
    portal: Portal,
    *,
    idle_seconds: float = IDLE_SECONDS,
    captchas: Sequence[str] = KINDS,
    sign_ins: Sequence[str] = (),
    task_seconds: float = TASK_SECONDS,
) -> Built:
    """The portal's pages. ``captchas`` are the kinds drawn from, ``idle_seconds`` a session's life.
    ``sign_ins`` are the ways to sign in, the region's unless given, ``task_seconds`` the life of a code and
    of an approval."""
    sessions, offered = Sessions(portal.clock, idle_seconds), sign_ins or SIGN_INS.get(portal.region, USUAL)
    counter = Counter(portal, sessions, Captchas(portal.clock, captchas), offered)
    groups = (signin, desk, authorization, invoices)
    routes = [route for group in groups for route in group.routes(counter)]
    return Built(Starlette(routes=[*routes, *appsignin.routes(counter, task_seconds)]))
