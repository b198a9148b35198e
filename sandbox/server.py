"""Every portal of the chosen regions in one process: a server for each route, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from sandbox.admin import with_admin
from sandbox.directory import Directory
from sandbox.faultlayer import FaultLayer
from sandbox.faults import FaultKind, FaultTable
from sandbox.gauge import Gauged
from sandbox.journal import Journal
from sandbox.phone import Phones
from sandbox.portal import Built, Clock, Portal
from schema.region import REGIONS

_API_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "gateway": ("31", "35", "41", "43", "44"),
    "foresee": ("11", "23", "36", "61"),
    "servyou": ("13", "14", "15", "22"),
    "oauth": ("33", "3302", "4403", "50"),
    "soap": ("32", "34", "3502", "42"),
    "filedrop": ("37", "3702", "45"),
}
_WITHOUT_PAGES = ("31",)


def _routes(region: str) -> Iterator[tuple[str, str]]:
    yield from (("api", family) for family, regions in _API_FAMILIES.items() if region in regions)
    if region not in _WITHOUT_PAGES:
        yield "rpa", "unified"


ROUTES: Mapping[str, tuple[tuple[str, str], ...]] = {region: tuple(_routes(region)) for region in REGIONS}
"""(route, family) of each region that the sandbox knows, as the region overlays have them."""

USUAL = ("31", "44", "51")
"""What is started unless asked otherwise: one region by API, one by both routes, one by pages."""


@dataclass(frozen=True)
class Plan:
    """``base_port`` 0 takes free ports; ``families`` restricts what is started; None is all. ``routes`` are
    those of each region, (route, family)."""

    directories: Sequence[Directory]
    endpoints: Path | None = None
    base_port: int = 0
    latency_seconds: float = 0.0
    families: frozenset[str] | None = None
    datahub: bool = False
    """Whether the bank's own data service is started too; it knows the companies of every region."""
    routes: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=lambda: ROUTES)


class _Server(uvicorn.Server):
    """One of several servers in a loop: the process handles signals once, for all of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Ports:
    """Listening sockets on loopback, counted up from a base, or free ones."""

    def __init__(self, base: int) -> None:
        self._next = base

    def open(self) -> socket.socket:
        # Named as TCP, or asyncio leaves Nagle's algorithm on: 40 ms an answer.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._next))
        self._next += 1 if self._next else 0
        return listener


async def serve(plan: Plan) -> None:
    """Serve until SIGTERM or SIGINT. The endpoints file appears when everything listens."""
    servers: list[tuple[_Server, socket.socket]] = []
    endpoints: dict[str, dict[str, Any]] = {}
    ports = _Ports(plan.base_port)
    for portal in _portals(plan):
        built: Built = import_module(f"sandbox.families.{portal.family}").build(portal)
        apps = {"": built.app, **built.hosts}
        sockets = {role: ports.open() for role in apps}
        for role, app in apps.items():
            server = _server(app, portal, plan.latency_seconds, built.own_faults, built.tls.get(role))
            servers.append((server, sockets[role]))
        endpoints[portal.name] = _endpoint(portal, built, sockets)
    running = [asyncio.ensure_future(server.serve(sockets=[listener])) for server, listener in servers]
    _end_on_signals([server for server, _ in servers])
    while not all(server.started for server, _ in servers):
        await asyncio.sleep(0.005)
    if plan.endpoints is not None:
        write_atomically(plan.endpoints, endpoints)
    await asyncio.gather(*running)


def _portals(plan: Plan) -> Iterator[Portal]:
    phones, clock = Phones(), Clock()
    for directory in plan.directories:
        region = directory.region
        for route, family in plan.routes[region]:
            if plan.families is None or family in plan.families:
                faults, journal = FaultTable(), Journal(region, family)
                yield Portal(region, route, family, directory, faults, journal, phones, clock)
    if plan.datahub:
        everybody = (each for directory in plan.directories for each in directory.companies.values())
        whole, journal = Directory("datahub", everybody), Journal("datahub", "datahub")
        yield Portal("datahub", "api", "datahub", whole, FaultTable(), journal, phones, clock)


def _server(
    app: ASGIApp,
    portal: Portal,
    latency_seconds: float,
    own_faults: frozenset[FaultKind],
    tls: ssl.SSLContext | None,
) -> _Server:
    layered = FaultLayer(with_admin(app, portal), portal.faults, latency_seconds, own_faults)
    config = uvicorn.Config(
        Gauged(layered, portal.gauge),
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = tls
    return _Server(config)


def _endpoint(portal: Portal, built: Built, sockets: Mapping[str, socket.socket]) -> dict[str, Any]:
    urls = {
        role: f"http{'s' if role in built.tls else ''}://127.0.0.1:{listener.getsockname()[1]}"
        for role, listener in sockets.items()
    }
    hosts = {role: url for role, url in urls.items() if role} | dict(built.addresses)
    return {"base_url": urls[""], "family": portal.family, "hosts": hosts, "keys": dict(built.keys)}


def _end_on_signals(servers: Sequence[_Server]) -> None:
    def end() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


def write_atomically(path: Path, content: Mapping[str, Any]) -> None:
    """The file appears whole or not at all, readable by its owner alone: it holds keys."""
    draft = path.with_name(path.name + ".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    draft.replace(path)
