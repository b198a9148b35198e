"""A FAPI 2.0 platform with synthetic companies, and a bank that is registered there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from connectors.families.oauth.api import OAuthApi
from connectors.families.oauth.client import Client
from connectors.families.oauth.portal import PORTAL as DATA
from connectors.http import PortalHttp
from connectors.interface import AuthorizationRequest, Challenge, Connector, Grant
from connectors.registry import Tools, connect, endpoint
from connectors.testing.portals import Portals
from schema.dataset import USUAL, Route
from tests.connectors.bank import PERIOD, NoPassword

PORTAL = "33.api"


@dataclass
class Bank:
    """One connector, and what its tests ask of it."""

    sandbox: Portals
    portals: Portals
    listed: dict[str, Any]
    connector: Connector
    companies: list[dict[str, Any]]

    def request(self, company: dict[str, Any], **changes: Any) -> AuthorizationRequest:
        terms: dict[str, Any] = {
            "reference": uuid4().hex,
            "taxpayer_id": company["taxpayer_id"],
            "person_id": company["people"][0]["person_id"] if company.get("people") else "",
            "scopes": dict.fromkeys(USUAL, PERIOD),
            "credentials": NoPassword(),
        }
        return AuthorizationRequest(**{**terms, **changes})

    def approve(self, company: dict[str, Any], person: int = 0) -> None:
        self.portals.approve(PORTAL, company["people"][person]["person_id"])

    def led_back(self, company: dict[str, Any], challenge: Challenge) -> dict[str, str]:
        """The answer of a person who signs in at the platform and agrees."""
        person = company["people"][0]
        return {"response": self.portals.sign_in(challenge.url, person["person_id"], person["password"])}

    def granted(self, company: dict[str, Any], **changes: Any) -> Grant:
        flow = self.connector.authorize(self.request(company, **changes))
        assert isinstance(flow.advance(None), Challenge)
        self.approve(company)
        outcome = flow.advance({})
        assert isinstance(outcome, Grant)
        return outcome

    def made(self, company: dict[str, Any], event: str = "grant_made") -> int:
        entries = self.sandbox.journal(PORTAL, event)
        return sum(entry["taxpayer_id"] == company["taxpayer_id"] for entry in entries)

    def refused(self, *words: str) -> int:
        """How often the platform refused with all of these words."""
        entries = self.sandbox.journal(PORTAL, "refused")
        return sum(all(word in entry["detail"] for word in words) for entry in entries)

    def api(self) -> OAuthApi:
        """The platform by hand, as an attacker or a careless client would use it."""
        base = str(self.listed["base_url"])
        client = Client.parse(self.listed["keys"])

        def reach(origin: str) -> PortalHttp:
            return PortalHttp(origin, private=True, timeout_seconds=5, connections=1, tls=client.tls)

        return OAuthApi(base, client, DATA, reach)


@pytest.fixture(scope="session")
def oauth_sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    chosen = ("--regions", "33", "--families", "oauth", "--today", "2026-03-10", "--invoices", "1400")
    return start_sandbox(*chosen)


def bank_at(sandbox: Portals, **changes: Any) -> Bank:
    """The bank at one of the platform's addresses."""
    listed = {**sandbox.endpoints[PORTAL], **changes}
    connector = connect(endpoint("33", Route.API, {PORTAL: listed}), Tools(browser=_no_browser))
    return Bank(sandbox, Portals(sandbox.endpoints), listed, connector, sandbox.companies(PORTAL))


@pytest.fixture
def bank(oauth_sandbox: Portals) -> Iterator[Bank]:
    """At the usual address."""
    oauth_sandbox.clear()
    found = bank_at(oauth_sandbox)
    yield found
    found.connector.close()
    oauth_sandbox.clear()


@pytest.fixture
def signing(oauth_sandbox: Portals) -> Iterator[Bank]:
    """At the address that asks for message signing."""
    found = bank_at(oauth_sandbox, base_url=oauth_sandbox.endpoints[PORTAL]["hosts"]["signed"])
    yield found
    found.connector.close()


@pytest.fixture
def mtls(oauth_sandbox: Portals) -> Iterator[Bank]:
    """At the address that knows the bank by its certificate."""
    known = oauth_sandbox.endpoints[PORTAL]
    keys = {**known["keys"], "client_auth": "tls_client_auth"}
    found = bank_at(oauth_sandbox, base_url=known["hosts"]["mtls"], keys=keys)
    yield found
    found.connector.close()


def _no_browser() -> Any:
    raise AssertionError("an API route started a browser")
