"""A visit to a portal, from the first request of a leg to its last: only while the portal is open, within its
limits over all workers, and not while the route's breaker has it rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime

import structlog

from authz.authorization import Authorization, Trigger
from authz.grants import HeldGrant
from connectors import breaker, router
from connectors.breaker import Signal
from connectors.interface import Connector, Grant
from connectors.leases import DOOR_SECONDS
from connectors.limits import limits_at
from connectors.overlay import overlay
from connectors.places import Place
from connectors.registry import connect, endpoint
from connectors.windows import closed_until
from schema.dataset import Route
from schema.errors import PortalMaintenance, RouteAbsent, TaxlinkError
from stages.outcome import ROUTE_BUSY, Outcome
from stages.workshop import Workshop
from store.database import now

log = structlog.get_logger()


def enter(shop: Workshop, current: Authorization, route: Route) -> Outcome | None:
    """None when the authorization's visit may begin, or is under way in this process; ``leave`` ends it. Else
    a wait for a free place: nothing is sent before. Who applied first comes first, with an answer too, which
    may not live long; a refresh or a re-run comes behind.

    Raises ``PortalMaintenance`` within a maintenance window, with its end.
    """
    since = current.created_at if current.trigger is Trigger.APPLICATION else None
    return admit(shop, Place(current.region, route), current.id, since=since)


def admit(
    shop: Workshop,
    place: Place,
    owner: str,
    *,
    since: datetime | None = None,
    patience: float = DOOR_SECONDS,
) -> Outcome | None:
    """``enter`` for whoever visits: it lasts until ``shop.leases.give_back(owner)``.

    Raises ``PortalMaintenance`` within a maintenance window, with its end.
    """
    rules, at = shop.rules(place.region, place.route), now()
    if opens := closed_until(rules.maintenance, at):
        raise PortalMaintenance(f"{place} keeps its maintenance window", retry_at=opens)
    again = shop.leases.take(place, owner, limits_at(rules, at), since=since, patience=patience)
    if again is None:
        return None
    return Outcome("wait", code=ROUTE_BUSY, seconds=max(0.0, (again - now()).total_seconds()))


def admitted(shop: Workshop, place: Place, owner: str, *, patience: float = DOOR_SECONDS) -> bool:
    """``admit`` for whoever need not visit: False when this is not the moment."""
    try:
        return admit(shop, place, owner, patience=patience) is None
    except PortalMaintenance:
        return False


def apart(shop: Workshop, place: Place) -> closing[Connector]:
    """A connector for a visit that is no authorization's leg, closed at its end."""
    return closing(connect(endpoint(place.region, place.route, shop.endpoints), shop.tools))


def unsealed(shop: Workshop, held: HeldGrant) -> Grant:
    """The grant as a connector shows it at the portal. Raises ``KeyDestroyed``."""
    return Grant(held.receipt, held.granted_at, held.expires_at, shop.vault.unseal(held.secret_ref))


def leave(shop: Workshop, authorization_id: str, route: Route | None = None) -> None:
    """The authorization's visits are over, or the one by this route: nothing stays open. Idempotent."""
    shop.lines.hang_up(authorization_id, route)
    place = None if route is None else Place(shop.ledger.authorization(authorization_id).region, route)
    shop.leases.give_back(authorization_id, place)


def worked(shop: Workshop, current: Authorization, route: Route) -> None:
    """The portal did what it was asked."""
    shop.breakers.note(Place(current.region, route), Signal.WORKED, shop.rules(current.region, route).breaker)


def failed(shop: Workshop, current: Authorization, route: Route, error: TaxlinkError) -> None:
    """The portal raised this; what is not its own fault does not count against the route."""
    if router.falls_back(error) and not isinstance(error, RouteAbsent):
        rules = shop.rules(current.region, route).breaker
        shop.breakers.note(Place(current.region, route), Signal.FAULT, rules)


def resting(shop: Workshop, region: str) -> Mapping[Route, datetime]:
    """The routes of a region that their breakers have rest, and until when. A route whose rest is over is
    probed first, by one worker."""
    return dict(_resting(shop, region, overlay(region).routes))


def _resting(shop: Workshop, region: str, routes: Iterable[Route]) -> Iterable[tuple[Route, datetime]]:
    for route in routes:
        place = Place(region, route)
        seen = shop.breakers.at(place)
        if breaker.may_probe(seen, now()) and _probe(shop, place):
            seen = shop.breakers.at(place)
        if seen.state is not breaker.State.CLOSED and seen.until is not None:
            yield route, seen.until


def _probe(shop: Workshop, place: Place) -> bool:
    """Ask the portal, nobody in particular, whether it works; False when that was not the moment to ask."""
    rules, owner = shop.rules(place.region, place.route), f"probe.{place}"
    if not admitted(shop, place, owner, patience=0):
        return False
    try:
        if not shop.breakers.begin_probe(place, rules.breaker):
            return False
        shop.breakers.note(place, _answer(shop, place), rules.breaker)
        return True
    finally:
        shop.leases.give_back(owner)


def _answer(shop: Workshop, place: Place) -> Signal:
    try:
        with apart(shop, place) as connector:
            connector.probe()
    except Exception as error:
        log.info("probe.failed", place=str(place), cause=type(error).__name__)
        return Signal.FAULT
    return Signal.WORKED
