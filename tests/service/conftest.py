"""A service over a real workshop.

Nothing works behind it: the legs that it starts are recorded, and a test does what a worker would.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from authz.access.roles import Role
from authz.access.sessions import Stage
from authz.authorization import Authorization, Progress, State
from authz.casefile import Collected
from authz.challenges import Relayed
from connectors.interface import Challenge, ChallengeKind, Grant, Resume
from schema.dataset import Dataset, Missing, Route
from schema.errors import UserUnknown
from schema.snapshot import Finding, Severity
from schema.tables import conform
from schema.taxpayer_id import check_character
from service.app import create
from service.console.login import COOKIE
from settings import Settings
from stages.dispatch import Dispatch
from stages.intake import Intake
from stages.normalize import serialized
from stages.workshop import Workshop
from store import tables
from store.database import now
from vault.reference import KeyClass
from verifier.digests import digests


def company_id(division: str = "440106") -> str:
    """A well-formed company id of the given division."""
    body = f"91{division}MA5XXXXX1"
    return body + check_character(body)


@dataclass
class Service:
    """One service process, and what a worker would do beside it."""

    shop: Workshop
    app: FastAPI
    legs: list[Authorization]
    disposals: list[Authorization]
    key: str
    other_key: str
    intake: Intake
    keys_used: list[str] = field(default_factory=list)

    @property
    def api(self) -> TestClient:
        """A loan system."""
        return self.browser(headers={"authorization": f"Bearer {self.key}"})

    @property
    def other_api(self) -> TestClient:
        """A loan system of another tenant."""
        return self.browser(headers={"authorization": f"Bearer {self.other_key}"})

    def console(self, role: Role = Role.OPERATOR, *, number: int = 1, tenant: str = "bank") -> TestClient:
        """The browser of a user of this role who is signed in; another number is another user."""
        users, name = self.shop.access.users, f"{tenant}.{role}{number}"
        try:
            user = users.by_name(name)
        except UserUnknown:
            user = users.add(tenant, name, role, "correct horse battery", actor="test")
        browser = self.browser()
        token = self.shop.access.sessions.begin(user, Stage.COMPLETE)
        browser.cookies.set(COOKIE, token, path="/console")
        return browser

    def browser(self, **options: Any) -> TestClient:
        """A browser without cookies yet."""
        return TestClient(self.app, raise_server_exceptions=True, **options)

    def body(self, **changes: Any) -> dict[str, Any]:
        base = {
            "taxpayer_id": company_id(),
            "product": "tax_credit",
            "amount": "300000.00",
            "term_months": 12,
            "person": {"name": "张三", "person_id": "440106199001011234", "phone": "13800138000"},
        }
        return base | changes

    def submit(self, **changes: Any) -> dict[str, Any]:
        """A new authorization, as the API shows it; ``token`` is its link's."""
        key = f"key-{len(self.keys_used)}"
        self.keys_used.append(key)
        reply = self.api.post(
            "/v1/authorizations", json=self.body(**changes), headers={"idempotency-key": key}
        )
        assert reply.status_code == 201, reply.text
        done: dict[str, Any] = reply.json()
        return done | {"token": done["link_url"].rpartition("/")[2]}

    def borrower(self, token: str) -> TestClient:
        """A browser that has opened the link."""
        browser = self.browser()
        assert browser.get(f"/link/{token}").status_code == 200
        return browser

    def agreed(self) -> dict[str, Any]:
        """An authorization that was agreed to and taken up. ``browser`` is the borrower's."""
        done = self.submit()
        browser = self.borrower(done["token"])
        agreed = {"text_sha256": done["consent"]["text_sha256"]}
        assert browser.post(f"/link/{done['token']}/agree", json=agreed).status_code == 200
        self.shop.ledger.move(done["id"], State.WORKING, actor="pipeline")
        return done | {"browser": browser}

    def ask(self, id: str, kind: ChallengeKind, **details: Any) -> Relayed:
        """The portal asks the person."""
        live = bool(details.get("poll_seconds"))
        resume = Resume.LIVE_PAGE if live else Resume.SERIALIZABLE
        asked = Challenge(kind, resume, details.pop("seconds", 300), **details)
        current, state = self.shop.ledger.authorization(id), None if live else b"{}"
        return self.shop.challenges.put(current, Route.API, asked, flow_state=state, owner="w1")

    def fail(self, id: str, code: str) -> None:
        self.shop.ledger.move(id, State.FAILED, actor="pipeline", error_code=code)

    def grant(self, id: str) -> None:
        """The portal grants."""
        shop, current = self.shop, self.shop.ledger.authorization(id)
        ref = shop.vault.seal(current.vault_owner, "grant", b"token", key_class=KeyClass.CREDENTIAL)
        granted = Grant("SQ2026112400001", datetime.now(UTC), None, b"token")
        with shop.store.begin() as connection:
            shop.grants.keep(connection, id, Route.API, granted, ref)
            shop.ledger.move(id, State.GRANTED, actor="portal", connection=connection, route=Route.API)

    def collect(
        self,
        id: str,
        dataset: Dataset,
        missing: Missing | None = None,
        pages: Sequence[dict[str, Any]] = ({"ref": "vault:data/x/raw/y/1"},),
    ) -> None:
        """One dataset is read, or found missing."""
        current = self.shop.ledger.authorization(id)
        consent = self.shop.ledger.consent(current.consent_id)
        if current.progress is Progress.WAITING:
            self.shop.ledger.set_progress(id, Progress.COLLECTING, actor="pipeline")
        read = [] if missing else list(pages)
        code = "data_corrupt" if missing else None
        collected = Collected(dataset, consent.scopes[dataset], Route.API, read, missing, code, now())
        self.shop.casefile.commit_collection(current, collected, consent.revision)

    def finish(self, id: str) -> None:
        """Snapshot and score are kept: the run is done."""
        shop, current = self.shop, self.shop.ledger.authorization(id)
        frame = conform("invoice", invoices())
        refs = shop.vault.seal_many(
            current.vault_owner, "table", [serialized(frame)], key_class=KeyClass.DATA
        )
        finding = Finding("unknown_field", Severity.INFO, Dataset.INVOICE, "1 field")
        shop.casefile.keep_snapshot(
            current,
            {"invoice": {"ref": refs[0], "rows": frame.height}},
            {Dataset.TAX_RETURN: Missing.NOT_AVAILABLE},
            (finding,),
            now().date(),
        )
        held = shop.casefile.snapshot(id)
        assert held is not None
        whole = b'{"decision": "refer", "score": 612.0}'
        ref = shop.vault.seal(current.vault_owner, "score", whole, key_class=KeyClass.DATA)
        shop.casefile.keep_score(
            current,
            {
                "snapshot_id": held.id, "result_ref": ref, "decision": "refer", "points": 612.0, "grade": "B",
                "limit_fen": 25_000_000, "annual_rate": 0.0565, "policy_version": "expert-1",
                "policy_hash": "0" * 64,
            },
            digests(whole),
        )  # fmt: skip
        shop.ledger.set_progress(id, Progress.DONE, actor="pipeline")


def invoices() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "invoice_key": ["a", "b", "c"],
            "direction": ["out", "out", "out"],
            "seller_name": ["=cmd()", "甲公司", "乙公司"],
            "amount_fen": [123_45, -5, None],
        },
        schema_overrides={"amount_fen": pl.Int64},
    )


def make(folder: Path, **changes: Any) -> Service:
    settings = Settings.from_environment({"TAXLINK_HOME": str(folder)})
    shop = Workshop(replace(settings, **changes), name="service")
    legs: list[Authorization] = []
    disposals: list[Authorization] = []
    intake = Intake(shop, Dispatch(legs.append, disposals.append, lambda place, at: None))
    key, _ = shop.api_keys.issue("bank", "loans")
    other, _ = shop.api_keys.issue("other", "loans")
    return Service(shop, create(shop, intake), legs, disposals, key, other, intake)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = make(tmp_path)
    yield made
    made.shop.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a real socket of the loopback; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, access_log=False, log_level="error", timeout_graceful_shutdown=1, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    with served(service.app) as url:
        yield url


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def lapse(service: Service, challenge_id: str) -> None:
    """The life of a challenge ends now."""
    with service.shop.store.begin() as connection:
        connection.execute(
            update(tables.challenge).where(tables.challenge.c.id == challenge_id).values(expires_at=now())
        )
