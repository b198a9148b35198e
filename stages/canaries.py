"""Canaries: visits to a portal as nobody in particular, to see whether it still shows what it did.

They keep the portal's limits and its maintenance windows, and leave a route alone that its breaker has rest.
What they find stops no route: it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta

import structlog

from connectors.breaker import State
from connectors.interface import Sighting
from connectors.overlay import overlays
from connectors.places import Place
from connectors.registry import endpoint
from schema.errors import TaxlinkError
from stages import visit
from stages.workshop import Workshop
from store.database import now

log = structlog.get_logger()

CANARY = "canary"
"""The name of their workflow."""
TOGETHER = 4
"""Canaries that are out at a time when many are asked for."""


def watched(shop: Workshop) -> list[Place]:
    """The routes that this deployment works with: their address was verified by a person, or is one that the
    deployment itself lists. An overlay's unverified default is nobody's to visit unasked."""
    return [
        Place(code, route)
        for code, found in overlays().items()
        for route in found.routes
        if (target := endpoint(code, route, shop.endpoints)).overlay.verified or target.private
    ]


def due(shop: Workshop) -> list[Place]:
    """The watched routes where the last canary set out too long ago, the longest first."""
    at, tried = now(), {each.place: each.tried_at for each in shop.canaries.all()}
    waiting = {
        place: tried.get(place)
        for place in watched(shop)
        if place not in tried
        or tried[place] + timedelta(minutes=shop.rules(place.region, place.route).canary_minutes) <= at
    }
    return sorted(waiting, key=lambda place: (waiting[place] is not None, waiting[place] or at))


def look(shop: Workshop, place: Place) -> bool:
    """Send one and keep what it saw, or why it did not come back. False when it was not the moment to go: the
    portal is closed, its places are taken, or its breaker has it rest."""
    owner = f"{CANARY}.{place}"
    shop.canaries.set_out(place)
    if not _admitted(shop, place, owner):
        return False
    try:
        shop.canaries.came_back(place, _sight(shop, place))
    except TaxlinkError as error:
        shop.canaries.failed(place, error)
    except Exception:
        log.exception("canary.broke", region=place.region, route=place.route)
        shop.canaries.failed(place, TaxlinkError())
    finally:
        shop.leases.give_back(owner)
    return True


def look_at(shop: Workshop, places: Iterable[Place]) -> Iterator[Place]:
    """``look`` at all of them, a few at a time; each as it is done."""
    with ThreadPoolExecutor(TOGETHER, thread_name_prefix=CANARY) as threads:
        out = {threads.submit(look, shop, place): place for place in places}
        for done in as_completed(out):
            done.result()
            yield out[done]


def _admitted(shop: Workshop, place: Place, owner: str) -> bool:
    return shop.breakers.at(place).state is not State.OPEN and visit.admitted(shop, place, owner)


def _sight(shop: Workshop, place: Place) -> Sighting:
    with visit.apart(shop, place) as connector:
        return connector.sight()
