"""The families there are, and how the regions that one serves reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import connectors.families
from connectors.overlay import bundled
from schema.dataset import Route
from schema.errors import InvalidRequest
from schema.region import REGIONS, Region

FOLDER = Path(connectors.families.__path__[0])


@dataclass(frozen=True)
class Hosts:
    """Where a family would be in a region: a guess after the regions that it serves already."""

    base_url: str
    further: Mapping[str, str]


def families() -> list[str]:
    """Every family by name."""
    return sorted(each.parent.name for each in FOLDER.glob("*/__init__.py"))


def route_of(family: str) -> Route:
    """The route that a family serves, told by its files: ``rpa.py`` or ``api.py``. Raises
    ``InvalidRequest``."""
    if family not in families():
        raise InvalidRequest(f"no family {family}; there are {', '.join(families())}")
    return Route.RPA if (FOLDER / family / "rpa.py").exists() else Route.API


def guessed(family: str, region: Region) -> Hosts:
    """The hosts of the first region that the family serves, under this region's name."""
    for code, overlay in bundled().items():
        for route in overlay.routes.values():
            if route.family == family:
                own, other = f".{region.slug}.", f".{REGIONS[code].slug}."
                further = {role: url.replace(other, own) for role, url in route.hosts.items()}
                return Hosts(route.base_url.replace(other, own), further)
    return Hosts(f"https://{family}.{region.slug}.chinatax.gov.cn", {})
