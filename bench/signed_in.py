"""A person signed in to a bureau through its connector, and the session that a peer may share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.granted import granted
from connectors.bureau.desk import unsealed
from connectors.families.servyou.api import PORTAL
from connectors.interface import Connector, Grant
from connectors.registry import Tools, connect, endpoint
from connectors.rpa.browser import Browser
from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.processes import House
from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage

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


def signed_in(house: House, region: str) -> SignedIn:
    """The first person of the region, asked by its API until the grant is there."""
    listed = house.endpoints()
    listed[f"{region}.api"]["limits"] = LIMITS
    person = people(Portals(listed), f"{region}.api")[0]
    connector = connect(endpoint(region, Route.API, listed), Tools(browser=Browser))
    grant = granted(connector, person, "bench")
    session, _ = unsealed(grant.secret)
    base_url = str(listed[f"{region}.api"]["base_url"])
    return SignedIn(connector, grant, person, base_url, f"{PORTAL.cookie}={session.cookie}")
