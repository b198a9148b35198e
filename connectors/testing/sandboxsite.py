"""The sandbox as a site: started as a process of its own, spoken to through its HTTP door alone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from connectors.evidence import Recorder
from connectors.interface import Answer, Challenge, Connector
from connectors.overlay import overlay
from connectors.registry import Tools, connect, endpoint
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from connectors.testing.site import Account, Fault, FaultDoor, PortalLog, Site, Who
from connectors.testing.verdict import NotApplicable, Target
from schema.clock import today
from schema.dataset import Route
from schema.errors import PortalUnavailable, RouteAbsent
from schema.period import Period, last_full_month_end, trailing_months

COMPANIES, INVOICES = 23, 72
"""Of each region: enough newcomers for both routes, and enough invoices that every month has some."""
MONTHS = 12
EMPTY_MONTHS, EMPTY_YEARS_AGO = 3, 4
"""The sandbox's histories are three years long."""
START_SECONDS = 120
CLERK = "办税人"
WRONG_PASSWORD = "Kit@not-the-password"


@contextmanager
def sandbox(regions: Iterable[str]) -> Iterator[Portals]:
    """Portals of these regions' routes as their overlays have them, until the context ends. Raises
    ``PortalUnavailable`` when they do not start."""
    regions = list(regions)
    routes = [
        f"{region}.{route}={each.family}"
        for region in regions
        for route, each in overlay(region).routes.items()
    ]
    with tempfile.TemporaryDirectory(prefix="taxlink-certify-") as folder:
        file = Path(folder) / "endpoints.json"
        shown = ("--regions", ",".join(regions), "--routes", ",".join(routes))
        chosen = (*shown, "--count", str(COMPANIES), "--invoices", str(INVOICES))
        command = [sys.executable, "-m", "sandbox", "--endpoints", str(file), *chosen]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        try:
            deadline = time.monotonic() + START_SECONDS
            while not file.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise PortalUnavailable("the sandbox does not serve these regions; see what it printed")
                time.sleep(0.02)
            yield Portals(json.loads(file.read_text()))
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True)
class SandboxAccount:
    """A simulated person, asked by a connector."""

    person: Person

    @property
    def taxpayer_id(self) -> str:
        return self.person.taxpayer_id

    @property
    def person_id(self) -> str:
        return self.person.person_id

    def answer(self, challenge: Challenge) -> Answer:
        options = [{"id": each.id, "label": each.label, "role": each.role} for each in challenge.options]
        shown = {
            "kind": challenge.kind.value,
            "options": options,
            "url": challenge.url,
            "hint": challenge.hint,
        }
        picture = base64.b64encode(challenge.picture or b"").decode()
        return self.person.answer({**shown, "picture": picture})


class SandboxRegion:
    """The people of one region, dealt to its routes so that no two promises meet at one newcomer."""

    def __init__(self, portals: Portals, region: str) -> None:
        self._portals, self._region = portals, region
        self._lock = Lock()
        self._newcomers: list[Person] = []
        self._companies: list[dict[str, Any]] = []

    def newcomer(self, route: Route) -> Person:
        with self._lock:
            self._learn(route)
            if not self._newcomers:
                raise NotApplicable("every company of the sandbox has authorized a bank already")
            return replace(self._newcomers.pop(0), route=route.value)

    def clerk(self, route: Route) -> Person:
        """A bookkeeper, of several companies where there is one, so that the portal asks for the identity."""
        with self._lock:
            self._learn(route)
            clerks = [
                (len(each["roles"]), company["taxpayer_id"], each)
                for company in self._companies
                for each in company["people"]
                if company["status"] == "正常"
                and each["roles"].get(company["taxpayer_id"]) == CLERK
                and set(each["roles"].values()) == {CLERK}
            ]
        _, taxpayer_id, found = max(clerks, key=lambda each: each[0])
        facts = {name: found[name] for name in ("person_id", "name", "phone", "password")}
        return Person(self._portals, self._region, taxpayer_id, **facts, route=route.value)

    def _learn(self, route: Route) -> None:
        if not self._companies:
            portal = f"{self._region}.{route}"
            self._companies = self._portals.companies(portal)
            untouched = {each["taxpayer_id"] for each in self._companies if not each["grants"]}
            self._newcomers = [one for one in people(self._portals, portal) if one.taxpayer_id in untouched]


@dataclass(frozen=True)
class SandboxFaults:
    """See ``FaultDoor``."""

    portals: Portals
    portal: str

    def strike(self, fault: Fault, *, seconds: float = 1) -> None:
        self.portals.fault(self.portal, fault.value, seconds=seconds)

    def clear(self) -> None:
        self.portals.clear(self.portal)


@dataclass(frozen=True)
class SandboxLog:
    """See ``PortalLog``."""

    portals: Portals
    portal: str

    def count(self, event: str, account: Account) -> int:
        """By person for sign-ins, of which the portal does not always know the company; else by company."""
        name = "person_id" if event.startswith("sign_in") else "taxpayer_id"
        entries = self.portals.journal(self.portal, event)
        return sum(entry[name] == getattr(account, name) for entry in entries)


class SandboxSite:
    """See ``Site``."""

    tidy = False

    def __init__(self, portals: Portals, tools: Tools, target: Target, region: SandboxRegion) -> None:
        if target.name not in portals.endpoints:
            raise RouteAbsent(f"the sandbox serves no portal {target.name}")
        self.target, self._portals, self._tools, self._region = target, portals, tools, region
        self.challenges = frozenset(overlay(target.region).route(Route(target.route)).challenges)
        self.period = trailing_months(last_full_month_end(today()), MONTHS)
        self.empty: Period | None = _long_ago(self.period.start)
        self.faults: FaultDoor | None = SandboxFaults(portals, target.name)
        self.log: PortalLog | None = SandboxLog(portals, target.name)
        self._permitted: Person | None = None

    def connector(self, recorder: Recorder) -> Connector:
        target, listed = self.target, self._portals.endpoints
        reached = endpoint(target.region, Route(target.route), listed)
        return connect(reached, replace(self._tools, recorder=recorder))

    def account(self, who: Who) -> SandboxAccount:
        route = Route(self.target.route)
        match who:
            case Who.CLERK:
                return SandboxAccount(self._region.clerk(route))
            case Who.NEWCOMER:
                return SandboxAccount(self._region.newcomer(route))
            case Who.MISTAKEN:
                return SandboxAccount(replace(self._region.newcomer(route), password=WRONG_PASSWORD))
            case Who.PERMITTED:
                self._permitted = self._permitted or self._region.newcomer(route)
                return SandboxAccount(self._permitted)


def _long_ago(start: date) -> Period:
    end = last_full_month_end(start.replace(year=start.year - EMPTY_YEARS_AGO))
    return trailing_months(end, EMPTY_MONTHS)


def sites(portals: Portals, tools: Tools, targets: Iterable[Target]) -> Mapping[Target, Site]:
    """A site for each target that the sandbox serves."""
    served = [target for target in targets if target.name in portals.endpoints]
    regions = {target.region: SandboxRegion(portals, target.region) for target in served}
    return {target: SandboxSite(portals, tools, target, regions[target.region]) for target in served}
