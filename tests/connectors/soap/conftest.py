"""A SOAP gateway with synthetic companies, and a bank that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from connectors.interface import Answer, AuthorizationRequest, Challenge, Connector, Grant
from connectors.registry import Tools, connect, endpoint
from connectors.testing.portals import Portals
from schema.dataset import USUAL, Route
from schema.period import Period

PORTAL = "32.api"
SERVICE = "/yspt/services/TaxData"
PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})


class NoPassword:
    """The gateway never asks for one."""

    def current(self) -> Answer | None:
        raise AssertionError("the gateway flow asked for a password")

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

    def grants_made(self, company: dict[str, Any]) -> int:
        made = self.sandbox.journal(PORTAL, "grant_made")
        return sum(entry["taxpayer_id"] == company["taxpayer_id"] for entry in made)


@pytest.fixture(scope="session")
def soap_sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    return start_sandbox(
        "--regions", "32", "--families", "soap", "--today", "2026-03-10", "--invoices", "1900"
    )


@pytest.fixture
def bank(soap_sandbox: Portals) -> Iterator[Bank]:
    soap_sandbox.clear()
    connector = connected(soap_sandbox)
    yield Bank(soap_sandbox, connector, soap_sandbox.companies(PORTAL))
    connector.close()
    soap_sandbox.clear()


def connected(sandbox: Portals, **labels: str) -> Connector:
    """The region's connector, as its overlay would have it with these labels."""
    target = endpoint("32", Route.API, sandbox.endpoints)
    overlay = target.overlay.model_copy(update={"labels": labels})
    return connect(replace(target, overlay=overlay), Tools(browser=_no_browser))


def _no_browser() -> Any:
    raise AssertionError("an API route started a browser")
