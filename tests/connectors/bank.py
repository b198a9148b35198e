"""A bank that talks to one sandbox portal where a code authorizes, and nobody signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from connectors.interface import Answer, AuthorizationRequest, Challenge, Connector, Grant
from connectors.registry import Tools, connect, endpoint
from connectors.testing.portals import Portals
from schema.dataset import USUAL, Route
from schema.period import Period

PERIOD = Period.model_validate({"start": "2023-03-01", "end": "2026-02-28"})


class NoPassword:
    """The portal never asks for one."""

    def current(self) -> Answer | None:
        raise AssertionError("the flow asked for a password")

    sending = accepted = rejected = current


@dataclass(frozen=True)
class PortalOf:
    """The family's one region in these tests. ``confirms`` is the path that a code is sent to."""

    family: str
    region: str
    invoices: int
    confirms: str

    @property
    def name(self) -> str:
        return f"{self.region}.api"

    def start(self, start_sandbox: Callable[..., Portals]) -> Portals:
        return start_sandbox(
            *("--regions", self.region, "--families", self.family),
            *("--today", "2026-03-10", "--invoices", str(self.invoices)),
        )

    def connected(self, sandbox: Portals, overlay: dict[str, Any] | None = None, **changes: Any) -> Connector:
        """The region's connector, as its overlay would have it with these values."""
        target = endpoint(self.region, Route.API, sandbox.endpoints)
        changed = target.overlay.model_copy(update=overlay or {})
        return connect(replace(target, overlay=changed, **changes), Tools(browser=_no_browser))


GATEWAY = PortalOf("gateway", "44", 2600, "/yspt/v1/authorization.confirm")
SOAP = PortalOf("soap", "32", 1900, "/yspt/services/TaxData")
FILEDROP = PortalOf("filedrop", "37", 400, "/wjjh/v1/authorization/confirm")


@dataclass
class Bank:
    """One connector, and what its tests ask of it."""

    portal: PortalOf
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
        made = self.sandbox.journal(self.portal.name, "grant_made")
        return sum(entry["taxpayer_id"] == company["taxpayer_id"] for entry in made)


@contextmanager
def banking(portal: PortalOf, sandbox: Portals) -> Iterator[Bank]:
    """A bank at a portal without faults, cleared again behind it."""
    sandbox.clear()
    connector = portal.connected(sandbox)
    yield Bank(portal, sandbox, connector, sandbox.companies(portal.name))
    connector.close()
    sandbox.clear()


def _no_browser() -> Any:
    raise AssertionError("an API route started a browser")
