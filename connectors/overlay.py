"""Regions are data: one TOML file a region names the family of each route and overlays what differs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import time
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.interface import ChallengeKind
from schema.dataset import Dataset, Route
from schema.errors import RouteAbsent, UnknownRegion

FOLDER = Path(__file__).parent / "regions"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Strict):
    """What the portal bears, over all workers. A visit lasts from a leg's first request to its last one."""

    concurrency: int = Field(default=4, ge=1)
    """Visits at a time."""
    per_minute: int = Field(default=240, ge=1)
    """Visits begun within any minute."""
    timeout_seconds: float = Field(default=20, gt=0)
    page_size: int = Field(default=1000, ge=1)


class FilingPeriod(_Strict):
    """征期: from the first of each month to ``last_day`` the portal bears less."""

    last_day: int = Field(default=15, ge=1, le=31)
    concurrency: int = Field(ge=1)
    per_minute: int = Field(ge=1)


class Window(_Strict):
    """维护窗口: from ``start`` until ``end``, Beijing time; an ``end`` not after ``start`` is the next day's.

    On every day unless ``weekday`` (1 Monday … 7 Sunday) or ``monthday`` names the days that it starts on.
    """

    start: time
    end: time
    weekday: int | None = Field(default=None, ge=1, le=7)
    monthday: int | None = Field(default=None, ge=1, le=31)


class ChallengeLimits(_Strict):
    """What a portal allows of one kind of challenge; the stricter of this and the family's own counts."""

    seconds: int = Field(default=900, ge=1)
    """Its life."""
    tries: int = Field(default=5, ge=1)
    """Wrong answers within a run, after which nothing more is sent: the portal would lock the account."""


class BreakerRules(_Strict):
    """When the route's circuit breaker opens, and how long it rests."""

    faults: int = Field(default=5, ge=1)
    """The portal's own faults in a row."""
    rest_seconds: float = Field(default=30, gt=0)
    longest_rest_seconds: float = Field(default=600, gt=0)


class RouteOverlay(_Strict):
    """One route of a region. ``verified`` stays False until a person who can reach the host has certified
    it."""

    family: str
    base_url: str
    verified: bool = False
    datasets: frozenset[Dataset]
    limits: Limits = Limits()
    filing_period: FilingPeriod | None = None
    maintenance: tuple[Window, ...] = ()
    breaker: BreakerRules = BreakerRules()
    challenges: dict[ChallengeKind, ChallengeLimits] = {}
    hosts: dict[str, str] = {}
    """Further hosts of the family by role, e.g. ``tpass``, ``dppt``."""
    labels: dict[str, str] = {}
    """Words on pages or fields in messages that differ from the family's own."""
    transport: Literal["https", "sftp"] = "https"
    """How the files of a ``filedrop`` portal are fetched; ``hosts["sftp"]`` is then their server."""


class Overlay(_Strict):
    """One region's file."""

    code: str
    routes: dict[Route, RouteOverlay]

    def route(self, route: Route) -> RouteOverlay:
        """Raises ``RouteAbsent``."""
        try:
            return self.routes[route]
        except KeyError:
            raise RouteAbsent(f"{self.code} has no {route} route") from None


@cache
def overlays() -> Mapping[str, Overlay]:
    """Every region file by region code."""
    files = sorted(FOLDER.glob("*.toml"))
    return {
        path.stem: Overlay.model_validate({"code": path.stem, **tomllib.loads(path.read_text())})
        for path in files
    }


def overlay(code: str) -> Overlay:
    """Raises ``UnknownRegion`` for a region without a file."""
    try:
        return overlays()[code]
    except KeyError:
        raise UnknownRegion(f"no overlay for region {code}") from None
