"""Whether a portal bears one more visit at this moment. Pure; the store's side is ``connectors.leases``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.overlay import Limits, RouteOverlay
from schema.clock import BEIJING

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """How one route stands: visits under way, and the instants of those begun within the last minute, oldest
    first."""

    under_way: int
    begun: Sequence[datetime]


def limits_at(route: RouteOverlay, at: datetime) -> Limits:
    """The limits of this moment: in the filing period the portal bears less."""
    slow = route.filing_period
    if slow is None or at.astimezone(BEIJING).day > slow.last_day:
        return route.limits
    changes = {"concurrency": slow.concurrency, "per_minute": slow.per_minute}
    return route.limits.model_copy(update=changes)


def full(limits: Limits, standing: Standing) -> bool:
    """Whether a visit under way has to end first."""
    return standing.under_way >= limits.concurrency


def paced(limits: Limits, standing: Standing, at: datetime) -> datetime:
    """The earliest instant at which the rate allows another visit: ``at`` itself, or later."""
    begun = [each for each in standing.begun if each > at - MINUTE]
    surplus = len(begun) - limits.per_minute
    return at if surplus < 0 else begun[surplus] + MINUTE
