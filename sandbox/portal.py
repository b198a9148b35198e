"""What a portal server of the sandbox is given, and what a family gives back.

A family is a module ``sandbox.families.<name>`` with one function ``build(portal: Portal) -> Built``.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.types import ASGIApp

from sandbox.directory import Directory
from sandbox.faults import FaultKind, FaultTable
from sandbox.gauge import Gauge
from sandbox.journal import Journal
from sandbox.phone import Phones
from schema.clock import BEIJING


class Clock:
    """The sandbox's own time: real time plus what an admin call has shifted it by."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """Beijing time, aware."""
        return datetime.now(BEIJING) + self._shift

    def shift(self, seconds: float) -> None:
        self._shift += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Portal:
    """One route of a region. Its routes share ``directory``; all portals share ``phones`` and ``clock``."""

    region: str
    route: str
    family: str
    directory: Directory
    faults: FaultTable
    journal: Journal
    phones: Phones
    clock: Clock
    gauge: Gauge = field(default_factory=Gauge)

    @property
    def name(self) -> str:
        return f"{self.region}.{self.route}"


@dataclass(frozen=True)
class Built:
    """A family's server.

    ``hosts`` are further apps, by role, that get ports of their own; ``addresses`` are further URLs, by role,
    where the family listens by itself; ``keys`` is the material that a client of this portal needs, published
    in the endpoints file; ``own_faults`` are answered by the family, not by the fault layer; ``tls`` holds
    the context of each role that is served over TLS.
    """

    app: ASGIApp
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    hosts: Mapping[str, ASGIApp] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    own_faults: frozenset[FaultKind] = frozenset()
    tls: Mapping[str, ssl.SSLContext] = field(default_factory=dict)
