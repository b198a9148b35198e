"""A delivery portal with synthetic companies, and a bank that talks to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from connectors.interface import Answer, AuthorizationRequest, Challenge, Connector, Grant
from connectors.registry import Tools, connect, endpoint
from connectors.testing.portals import Portals
from schema.dataset import USUAL, Dataset, Route
from schema.errors import ResultNotReady
from schema.period import Period
from schema.raw import RawPage

PORTAL = "37.api"
FILES = "/wjjh/v1/files"
PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})


class NoPassword:
    """The portal never asks for one."""

    def current(self) -> Answer | None:
        raise AssertionError("the flow asked for a password")

    sending = accepted = rejected = current


@dataclass
class Bank:
    """One connector, and what its tests ask of it."""

    sandbox: Portals
    connector: Connector
    companies: list[dict[str, Any]]

    def request(self, company: dict[str, Any], **changes: Any) -> AuthorizationRequest:
        terms: dict[str, Any] = {
            "reference": uuid4().hex,
            "taxpayer_id": company["taxpayer_id"],
            "person_id": "",
            "scopes": dict.fromkeys(USUAL, PERIOD),
            "credentials": NoPassword(),
        }
        return AuthorizationRequest(**{**terms, **changes})

    def code(self, company: dict[str, Any], person: int = 0) -> str:
        return self.sandbox.sms_code(company["people"][person]["phone"])

    def granted(self, company: dict[str, Any], **changes: Any) -> Grant:
        flow = self.connector.authorize(self.request(company, **changes))
        assert isinstance(flow.advance(None), Challenge)
        outcome = flow.advance({"code": self.code(company)})
        assert isinstance(outcome, Grant)
        return outcome

    def fetched(self, grant: Grant, company: dict[str, Any], dataset: Dataset) -> list[RawPage]:
        """The dataset's pages; the time that the portal needs passes at once."""
        self.ordered(grant, company, dataset)
        self.sandbox.shift_clock(60)
        return list(self.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))

    def ordered(self, grant: Grant, company: dict[str, Any], dataset: Dataset) -> None:
        """The remote request is begun; the portal is not waited for."""
        with contextlib.suppress(ResultNotReady):
            list(self.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))

    def grants_made(self, company: dict[str, Any]) -> int:
        made = self.sandbox.journal(PORTAL, "grant_made")
        return sum(entry["taxpayer_id"] == company["taxpayer_id"] for entry in made)


@pytest.fixture(scope="session")
def filedrop_sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    return start_sandbox(
        "--regions", "37", "--families", "filedrop", "--today", "2026-03-10", "--invoices", "400"
    )


@pytest.fixture
def bank(filedrop_sandbox: Portals) -> Iterator[Bank]:
    filedrop_sandbox.clear()
    connector = connected(filedrop_sandbox)
    yield Bank(filedrop_sandbox, connector, filedrop_sandbox.companies(PORTAL))
    connector.close()
    filedrop_sandbox.clear()


def connected(sandbox: Portals, transport: str = "https", **changes: Any) -> Connector:
    """The region's connector, as its overlay would have it with this transport."""
    target = endpoint("37", Route.API, sandbox.endpoints)
    overlay = target.overlay.model_copy(update={"transport": transport})
    return connect(replace(target, overlay=overlay, **changes), Tools(browser=_no_browser))


def _no_browser() -> Any:
    raise AssertionError("an API route started a browser")
