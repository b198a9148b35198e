"""Regions are data: one TOML file a region names the family of each route and overlays what differs. A
deployment may keep files of its own in a folder, ``TAXLINK_REGIONS``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import time
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.interface import ChallengeKind
from schema.dataset import Dataset, Route
from schema.errors import OverlayInvalid, RouteAbsent, UnknownRegion
from schema.region import REGIONS
from settings import Settings

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
    """Its life; that of a QR challenge over all the codes it shows."""
    tries: int = Field(default=5, ge=1)
    """Wrong answers, or refusals in the tax app, within a run, after which nothing more is sent: the portal
    would lock the account."""


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
    session_seconds: int = Field(default=1800, ge=1)
    """How long a signed-in session may be taken up by a later authorization; the portal may end it sooner."""
    canary_minutes: int = Field(default=60, ge=1)
    """How often an anonymous canary looks whether the portal still shows what it did."""
    look_back_months: int = Field(default=3, ge=1)
    """How far before its high-water mark a refresh reads invoices again: red ones and changes of state come
    late."""
    hosts: dict[str, str] = {}
    """Further hosts of the family by role, e.g. ``tpass``, ``dppt``."""
    labels: dict[str, str] = {}
    """Words on pages or fields in messages that differ from the family's own."""
    sign_in: Literal["password", "qr"] = "password"
    """How the person signs in to a ``unified`` portal: by password, or by a code that the tax app scans."""
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


def overlays() -> Mapping[str, Overlay]:
    """Every region by code: the bundled files, under those of the deployment's own folder. A route that both
    have is the deployment's. Read once. Raises ``OverlayInvalid``."""
    return _overlays(Settings.from_environment().regions_folder)


def bundled() -> Mapping[str, Overlay]:
    """Every region as the package has it."""
    return _overlays(None)


@cache
def _overlays(own: Path | None) -> Mapping[str, Overlay]:
    if own is not None and not own.is_dir():
        raise OverlayInvalid(f"TAXLINK_REGIONS names no folder: {own}")
    found: dict[str, Overlay] = {}
    for folder in filter(None, (FOLDER, own)):
        for path in sorted(folder.glob("*.toml")):
            given = parse(path.stem, path.read_text(encoding="utf-8"))
            below = found[path.stem].routes if path.stem in found else {}
            found[path.stem] = given.model_copy(update={"routes": {**below, **given.routes}})
    return found


def parse(code: str, text: str) -> Overlay:
    """The overlay that a region's file holds. Raises ``OverlayInvalid``, which says where it is wrong."""
    if code not in REGIONS:
        raise OverlayInvalid(f"{code}.toml is named after no region")
    try:
        return Overlay.model_validate({"code": code, **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as error:
        raise OverlayInvalid(f"{code}.toml: {error}") from None
    except ValidationError as error:
        places = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise OverlayInvalid(f"{code}.toml: {'; '.join(places)}") from None


def overlay(code: str) -> Overlay:
    """Raises ``UnknownRegion`` for a region without a file."""
    try:
        return overlays()[code]
    except KeyError:
        raise UnknownRegion(f"no overlay for region {code}") from None
