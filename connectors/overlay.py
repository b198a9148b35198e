"""Regions are data: one TOML file a region names the family of each route and overlays what differs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schema.dataset import Dataset, Route
from schema.errors import RouteAbsent, UnknownRegion

FOLDER = Path(__file__).parent / "regions"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Strict):
    """What the portal bears, over all workers."""

    concurrency: int = Field(default=4, ge=1)
    timeout_seconds: float = Field(default=20, gt=0)
    page_size: int = Field(default=1000, ge=1)


class RouteOverlay(_Strict):
    """One route of a region. ``verified`` stays False until a person who can reach the host has certified
    it."""

    family: str
    base_url: str
    verified: bool = False
    datasets: frozenset[Dataset]
    limits: Limits = Limits()
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
