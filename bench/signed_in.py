"""A person signed in to a bureau through its connector, and the session that a peer may share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.bureau.desk import unsealed
from connectors.interface import Answer, AuthorizationRequest, Challenge, Connector, Grant
from connectors.registry import Tools, connect, endpoint
from connectors.rpa.browser import Browser
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House
from schema.clock import today
from schema.dataset import Dataset, Route
from schema.errors import CredentialsRejected
from schema.period import Period
from schema.raw import RawPage
from stages.application import default_scopes

_COOKIE = "SBZX_SID"
LIMITS = {"page_size": 1000, "per_minute": 60_000}
"""The deployment's own, as large as the portal takes, and as the peers ask."""


@dataclass(frozen=True)
class SignedIn:
    """Within a grant. ``cookie`` is the session's, as a header."""

    connector: Connector
    grant: Grant
    person: Person
    base_url: str
    cookie: str

    def fetch(self, dataset: Dataset, period: Period) -> Iterator[RawPage]:
        return self.connector.fetch(self.grant, self.person.taxpayer_id, dataset, period)


class _Credentials:
    """Of a synthetic person, at the sandbox."""

    def __init__(self, person: Person) -> None:
        self._answer = {"person_id": person.person_id, "password": person.password}

    def current(self) -> Answer:
        return self._answer

    def sending(self) -> None:
        """Nothing is kept."""

    def accepted(self) -> None:
        """Nothing is kept."""

    def rejected(self) -> None:
        raise CredentialsRejected


def signed_in(house: House, region: str) -> SignedIn:
    """The first person of the region, asked by its API until the grant is there."""
    listed = house.endpoints()
    listed[f"{region}.api"]["limits"] = LIMITS
    person = people(Portals(listed), f"{region}.api")[0]
    connector = connect(endpoint(region, Route.API, listed), Tools(browser=Browser))
    scopes = default_scopes(today())
    request = AuthorizationRequest(
        "bench", person.taxpayer_id, person.person_id, scopes, _Credentials(person)
    )
    flow = connector.authorize(request)
    told = flow.advance(None)
    while isinstance(told, Challenge):
        told = flow.advance(person.answer({"kind": told.kind.value}))
    session, _ = unsealed(told.secret)
    base_url = str(listed[f"{region}.api"]["base_url"])
    return SignedIn(connector, told, person, base_url, f"{_COOKIE}={session.cookie}")
