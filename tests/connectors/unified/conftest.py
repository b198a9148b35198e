"""A unified portal of its own for each test, one real browser for all, and a person who answers."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
import requests
import uvicorn

from connectors.families.unified import connect
from connectors.families.unified.rpa import UnifiedConnector
from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Flow, Grant
from connectors.registry import Tools, endpoint
from connectors.rpa.browser import Browser
from sandbox.admin import with_admin
from sandbox.company import Company, Person
from sandbox.directory import Directory
from sandbox.families.unified import build
from sandbox.faultlayer import FaultLayer
from sandbox.faults import Fault, FaultKind, FaultTable
from sandbox.generator import generate
from sandbox.journal import Journal
from sandbox.phone import Phones
from sandbox.portal import Clock, Portal
from schema.dataset import USUAL, Route
from schema.period import Period

TODAY = date(2026, 9, 20)
PERIOD = Period(start=date(2025, 1, 1), end=date(2026, 8, 31))


@dataclass
class SpentOnce:
    """The vault's rule about a password, written down as it is used."""

    answer: Answer | None
    told: list[str] = field(default_factory=list)

    def current(self) -> Answer | None:
        return self.answer

    def sending(self) -> None:
        self.told.append("sending")

    def accepted(self) -> None:
        self.told.append("accepted")

    def rejected(self) -> None:
        self.told.append("rejected")
        self.answer = None


@dataclass
class Bureau:
    """A running portal of 广东, its inside, and a connector to it."""

    url: str
    portal: Portal
    connector: UnifiedConnector

    @property
    def companies(self) -> list[Company]:
        return list(self.portal.directory.companies.values())

    def fault(self, kind: str, path: str = "/", **more: Any) -> None:
        self.portal.faults.add(Fault(FaultKind(kind), path, **more))

    def events(self, name: str) -> list[dict[str, str]]:
        return [entry for entry in self.portal.journal.entries() if entry["event"] == name]

    def credentials(self, person: Person, password: str = "") -> SpentOnce:
        return SpentOnce({"person_id": person.person_id, "password": password or person.password})

    def flow(self, company: Company | str, credentials: SpentOnce) -> Flow:
        taxpayer_id = company if isinstance(company, str) else company.taxpayer_id
        scopes = dict.fromkeys(USUAL, PERIOD)
        return self.connector.authorize(AuthorizationRequest("loan-1", taxpayer_id, "", scopes, credentials))

    def right_answer(self, challenge: Challenge, person: Person) -> Answer:
        """What the person would see and enter."""
        match challenge.kind:
            case ChallengeKind.SMS_CODE:
                return {"code": self.portal.phones.inbox(person.phone)[-1].code}
            case ChallengeKind.IDENTITY:
                return {"choice": challenge.options[0].id}
            case _:
                solution = requests.get(f"{self.url}/tpass/_sandbox/captcha/{person.person_id}", timeout=5)
                field_name = "x" if challenge.kind is ChallengeKind.SLIDER else "text"
                return {field_name: solution.json()["solution"]}

    def decide(self, person: Person, decision: str, **what: str) -> bool:
        """Scan, confirm or refuse in the person's tax app; False when that is not possible now."""
        url = f"{self.url}/_sandbox/app/{person.person_id}"
        return requests.post(url, data={"decision": decision, **what}, timeout=5).status_code == 200

    def waiting(self, person: Person) -> dict[str, str] | None:
        """The sign-in that waits for approval in the person's app."""
        shown = requests.get(f"{self.url}/_sandbox/app/{person.person_id}.json", timeout=5).json()
        return next((task for task in shown if task["kind"] == "sign_in"), None)

    def finish(self, flow: Flow, person: Person, step: Challenge | Grant | None = None) -> Grant:
        """Answer everything rightly until the receipt is there."""
        step = step or flow.advance(None)
        while isinstance(step, Challenge):
            step = flow.advance(self.right_answer(step, person))
        return step

    def until(self, flow: Flow, person: Person, kind: ChallengeKind) -> Challenge:
        """Answer rightly until this kind of challenge comes."""
        step = flow.advance(None)
        while isinstance(step, Challenge) and step.kind is not kind:
            step = flow.advance(self.right_answer(step, person))
        assert isinstance(step, Challenge)
        return step

    def grant(self, company: Company, person: Person | None = None) -> Grant:
        person = person or company.people[0]
        flow = self.flow(company, self.credentials(person))
        try:
            return self.finish(flow, person)
        finally:
            flow.close()


def looked(flow: Flow, met: Callable[[Any], bool]) -> Any:
    """Look at a page that is watched until what it shows meets the condition."""
    deadline = time.monotonic() + 20
    while not met(step := flow.advance({})):
        assert time.monotonic() < deadline, "nothing came about"
        time.sleep(0.05)
    return step


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    worker = Browser(contexts=4)
    yield worker
    worker.close()


@pytest.fixture
def start_bureau(browser: Browser) -> Iterator[Callable[..., Bureau]]:
    """``start_bureau(captchas=…, idle_seconds=…)``: a portal with four companies. ``sign_in`` is that of the
    overlay."""
    running = []

    def start(*, sign_in: str = "password", **options: Any) -> Bureau:
        companies = generate("44", seed=3, count=4, today=TODAY, invoices_each=250)
        portal = Portal(
            "44",
            "rpa",
            "unified",
            Directory("44", companies),
            FaultTable(),
            Journal("44", "unified"),
            Phones(),
            Clock(),
        )
        server = _serving(portal, options)
        url = server.__enter__()
        running.append(server)
        target = endpoint("44", Route.RPA, {"44.rpa": {"base_url": url}})
        overlay = target.overlay.model_copy(update={"sign_in": sign_in})
        tools = Tools(browser=lambda: browser)
        return Bureau(url, portal, connect(replace(target, overlay=overlay), tools))

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def bureau(start_bureau: Callable[..., Bureau]) -> Bureau:
    return start_bureau(captchas=("picture",))


@contextmanager
def _serving(portal: Portal, options: dict[str, Any]) -> Iterator[str]:
    built = build(portal, **options)
    app = FaultLayer(with_admin(built.app, portal), portal.faults, 0, built.own_faults)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    )
    # Named as TCP, or asyncio leaves Nagle's algorithm on: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    up = threading.Event()

    async def serve() -> None:
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.002)
        up.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(20)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
