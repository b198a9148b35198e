"""Every family in which a code to the person authorizes, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.testing.portals import Portals
from tests.connectors.bank import FILEDROP, GATEWAY, SOAP, Bank, PortalOf, banking


@pytest.fixture(scope="session", params=[GATEWAY, SOAP, FILEDROP], ids=lambda portal: portal.family)
def served(request: pytest.FixtureRequest, start_sandbox: Callable[..., Portals]) -> tuple[PortalOf, Portals]:
    portal: PortalOf = request.param
    return portal, portal.start(start_sandbox)


@pytest.fixture
def bank(served: tuple[PortalOf, Portals]) -> Iterator[Bank]:
    with banking(*served) as bank:
        yield bank
