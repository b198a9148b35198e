"""The unified electronic tax bureau (统一规范电子税务局), as a person meets it in a browser.

Three hosts in the real world, three path prefixes here, each with its own cookie: ``/tpass`` signs people in,
``/etax`` is the bureau itself, ``/dppt`` the invoice platform. The form opens a slider or a picture captcha;
only a solved one lets account and password through to the check; then an SMS code; then, for a person with
several roles, the choice of identity. Five wrong passwords lock the account.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette

from sandbox.families.unified import authorization, desk, invoices, signin
from sandbox.families.unified.captcha import KINDS, Captchas
from sandbox.families.unified.desk import Counter
from sandbox.families.unified.sessions import IDLE_SECONDS, Sessions
from sandbox.portal import Built, Portal


def build(portal: Portal, *, idle_seconds: float = IDLE_SECONDS, captchas: Sequence[str] = KINDS) -> Built:
    """The portal's pages. ``captchas`` are the kinds drawn from, ``idle_seconds`` a session's life."""
    counter = Counter(portal, Sessions(portal.clock, idle_seconds), Captchas(portal.clock, captchas))
    groups = (signin, desk, authorization, invoices)
    return Built(Starlette(routes=[route for group in groups for route in group.routes(counter)]))
