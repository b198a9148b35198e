"""The seeded day: who applies where, and when which portal fails. Pure: moments are fractions of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from bench.fleet.assumptions import Assumptions
from connectors.overlay import Overlay, RouteOverlay
from schema.dataset import Route

_BY_PASSWORD = ("foresee", "servyou")


@dataclass(frozen=True)
class Application:
    """``number`` is its place in the day, and in its region's ``row`` of companies. ``unachievable`` says why
    nobody could complete it; empty when somebody could."""

    number: int
    region: str
    row: int
    wrong_password: bool
    unachievable: str


@dataclass(frozen=True)
class Strike:
    """A fault of one portal (``"44.api"``) from ``start`` until ``end``; more than 1 is for good."""

    portal: str
    kind: str
    start: float = 0.0
    end: float = 2.0
    share: float = 1.0
    seconds: float = 1.0


@dataclass(frozen=True)
class Day:
    """The same for every arm. ``seed`` is that of the people's dice."""

    seed: int
    applications: Sequence[Application]
    strikes: Sequence[Strike]

    def moment(self, application: Application) -> float:
        return application.number / len(self.applications)


def planned(count: int, seed: int, regions: Mapping[str, Overlay], taken: Assumptions) -> Day:
    """The day of these regions, ``count`` applications dealt to them evenly, in a shuffled order."""
    dice = Random(seed)
    single = [code for code, found in regions.items() if len(found.routes) == 1 and Route.RPA in found.routes]
    double = [code for code, found in regions.items() if len(found.routes) > 1]
    dead = frozenset(dice.sample(single, taken.dead))
    changed = dict(
        zip(dice.sample(double, taken.layouts), (Route.RPA, Route.API) * taken.layouts, strict=False)
    )
    strikes = [
        strike
        for code, found in regions.items()
        for route in found.routes
        for strike in _strikes(f"{code}.{route}", code in dead, changed.get(code) is route, dice, taken)
    ]
    return Day(seed, _applications(count, dice, regions, dead, taken), strikes)


def _strikes(portal: str, dead: bool, changes: bool, dice: Random, taken: Assumptions) -> list[Strike]:
    if dead:
        return [Strike(portal, "down")]
    found = [
        Strike(portal, "slow", share=taken.slow_share, seconds=taken.ours(taken.slow_seconds)),
        Strike(portal, "server_error", share=taken.error_share),
        Strike(portal, "session_lost", share=taken.lost_share),
    ]
    for place in range(taken.outages):
        length = dice.uniform(taken.outage_least, taken.outage_most)
        start = (place + dice.random() * (1 - length * taken.outages)) / taken.outages
        found.append(Strike(portal, "down", start, start + length))
    if changes:
        found.append(Strike(portal, "layout_changed", dice.uniform(0.3, 0.6)))
    return found


def _applications(
    count: int, dice: Random, regions: Mapping[str, Overlay], dead: frozenset[str], taken: Assumptions
) -> list[Application]:
    codes = list(regions)
    dealt = [(codes[place % len(codes)], place // len(codes)) for place in range(count)]
    dice.shuffle(dealt)
    asking = [code for code, found in regions.items() if all(map(_by_password, found.routes.values()))]
    share = taken.wrong_password * len(codes) / len(asking) if asking else 0.0
    found = []
    for number, (code, row) in enumerate(dealt):
        wrong = code in asking and dice.random() < share
        why = "portal_down_for_good" if code in dead else "wrong_password" if wrong else ""
        found.append(Application(number, code, row, wrong, why))
    return found


def _by_password(route: RouteOverlay) -> bool:
    return route.family in _BY_PASSWORD or (route.family == "unified" and route.sign_in == "password")
