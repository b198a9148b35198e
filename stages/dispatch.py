"""How work is handed to the workers: each piece once, under a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from authz.authorization import Authorization
from connectors.places import Place
from stages.canaries import CANARY

LEG, DISPOSAL = "leg", "disposal"
"""Two of the kinds of work that are handed to the workers, by the names of their workflows; the third is
``stages.canaries.CANARY``."""


@dataclass(frozen=True)
class Dispatch:
    """``leg`` hands the present leg of an authorization to a worker, ``disposal`` its destruction, ``canary``
    a look at a route that set out at that moment. Each twice is once."""

    leg: Callable[[Authorization], None]
    disposal: Callable[[Authorization], None]
    canary: Callable[[Place, datetime], None]


def by_queue(enqueue: Callable[..., None]) -> Dispatch:
    """The way of a process whose work is done by workers. ``enqueue(workflow, key, *arguments)`` hands it
    over, once a key."""

    def leg(current: Authorization) -> None:
        enqueue(LEG, current.leg_key, current.id, current.leg_key)

    def disposal(current: Authorization) -> None:
        enqueue(DISPOSAL, f"{current.id}.disposal", current.id)

    def canary(place: Place, at: datetime) -> None:
        enqueue(CANARY, f"{CANARY}.{place}.{at:%Y%m%dT%H%M%S}", place.region, place.route)

    return Dispatch(leg, disposal, canary)
