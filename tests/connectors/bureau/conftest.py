"""The two bureaus with synthetic companies, and a bank whose borrowers sign in there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import requests

from connectors.interface import (
    Answer,
    AuthorizationRequest,
    Challenge,
    ChallengeKind,
    Connector,
    Flow,
    Grant,
)
from connectors.registry import Tools, connect, endpoint
from connectors.testing.portals import Portals
from schema.dataset import USUAL, Route
from tests.connectors.bank import PERIOD

REGIONS = {"foresee": "11", "servyou": "13"}
ABNORMAL = 11


@dataclass
class Typed:
    """Credentials by the vault's rule; ``moves`` is what the flow told of them."""

    account: Answer | None
    moves: list[str] = field(default_factory=list)

    def current(self) -> Answer | None:
        """None once sent, until the portal has accepted them."""
        return None if self.moves and self.moves[-1] != "accepted" else self.account

    def sending(self) -> None:
        self.moves.append("sending")

    def accepted(self) -> None:
        self.moves.append("accepted")

    def rejected(self) -> None:
        self.moves.append("rejected")


@dataclass
class Bank:
    """One connector, and what its tests ask of it."""

    sandbox: Portals
    family: str
    connector: Connector
    companies: list[dict[str, Any]]
    connect: Callable[[], Connector]

    @property
    def portal(self) -> str:
        return f"{REGIONS[self.family]}.api"

    def request(self, company: dict[str, Any], person: int = 0, **changes: Any) -> AuthorizationRequest:
        someone = company["people"][person]
        account = {"person_id": someone["person_id"], "password": someone["password"]}
        terms: dict[str, Any] = {
            "reference": uuid4().hex,
            "taxpayer_id": company["taxpayer_id"],
            "person_id": someone["person_id"],
            "scopes": dict.fromkeys(USUAL, PERIOD),
            "credentials": Typed(account),
        }
        return AuthorizationRequest(**{**terms, **changes})

    def letters(self, company: dict[str, Any], person: int = 0) -> str:
        """What the open captcha of this person shows."""
        url = f"{self.sandbox.endpoints[self.portal]['base_url']}/tpass/_sandbox/captcha"
        with requests.Session() as http:
            http.trust_env = False
            found = http.get(f"{url}/{company['people'][person]['person_id']}", timeout=10)
        return str(found.json()["solution"])

    def code(self, company: dict[str, Any], person: int = 0) -> str:
        return self.sandbox.sms_code(company["people"][person]["phone"])

    def at_code(self, company: dict[str, Any], person: int = 0, **changes: Any) -> Flow:
        """A flow whose SMS code was just sent."""
        flow = self.connector.authorize(self.request(company, person, **changes))
        kind(flow.advance(None), ChallengeKind.PICTURE)
        kind(flow.advance({"text": self.letters(company, person)}), ChallengeKind.SMS_CODE)
        return flow

    def granted(self, company: dict[str, Any], person: int = 0, **changes: Any) -> Grant:
        flow = self.at_code(company, person, **changes)
        outcome = flow.advance({"code": self.code(company, person)})
        assert isinstance(outcome, Grant)
        return outcome

    def noted(self, event: str, company: dict[str, Any]) -> list[dict[str, str]]:
        """What the bureau itself logged of this company."""
        entries = self.sandbox.journal(self.portal, event)
        return [entry for entry in entries if entry["taxpayer_id"] == company["taxpayer_id"]]


def kind(outcome: Challenge | Grant, wanted: ChallengeKind) -> Challenge:
    """The challenge, which is of this kind."""
    assert isinstance(outcome, Challenge)
    assert outcome.kind is wanted
    return outcome


@pytest.fixture(scope="session")
def bureaus(start_sandbox: Callable[..., Portals]) -> Portals:
    return start_sandbox(
        *("--regions", ",".join(REGIONS.values()), "--families", ",".join(REGIONS)),
        *("--today", "2026-03-10", "--invoices", "900"),
    )


@pytest.fixture(params=sorted(REGIONS))
def bank(bureaus: Portals, request: pytest.FixtureRequest) -> Iterator[Bank]:
    family = str(request.param)
    region = REGIONS[family]
    bureaus.clear()

    def begin() -> Connector:
        return connect(endpoint(region, Route.API, bureaus.endpoints), Tools(browser=_no_browser))

    connector = begin()
    yield Bank(bureaus, family, connector, bureaus.companies(f"{region}.api"), begin)
    connector.close()
    bureaus.clear()


def _no_browser() -> Any:
    raise AssertionError("an API route started a browser")
