"""How every route stands: its breaker, its maintenance window, and who visits it now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.breaker import Breaker, State
from connectors.leases import Count
from connectors.limits import limits_at
from connectors.overlay import overlays
from connectors.places import Place
from connectors.registry import endpoint
from connectors.windows import closed_until
from stages.workshop import Workshop
from store.database import now


@dataclass(frozen=True)
class RouteHealth:
    """One route as this deployment reaches it. ``closed_until`` is the end of the maintenance window that it
    is in; ``concurrency`` and ``per_minute`` are the limits of this moment."""

    place: Place
    family: str
    address: str
    verified: bool
    breaker: State
    closed_until: datetime | None
    under_way: int
    waiting: int
    concurrency: int
    per_minute: int


def routes(shop: Workshop) -> Iterator[RouteHealth]:
    """Every route of every region, by region code."""
    at, breakers, counts = now(), shop.breakers.all(), shop.leases.counts()
    for code, found in overlays().items():
        for route in found.routes:
            place, target = Place(code, route), endpoint(code, route, shop.endpoints)
            limits, count = limits_at(target.overlay, at), counts.get(place, Count(0, 0))
            yield RouteHealth(
                place=place,
                family=target.overlay.family,
                address=target.base_url,
                verified=target.overlay.verified,
                breaker=breakers.get(place, Breaker()).state,
                closed_until=closed_until(target.overlay.maintenance, at),
                under_way=count.under_way,
                waiting=count.waiting,
                concurrency=limits.concurrency,
                per_minute=limits.per_minute,
            )
