"""A gateway with synthetic companies, and a bank that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.testing.portals import Portals
from tests.connectors.bank import GATEWAY, Bank, banking


@pytest.fixture(scope="session")
def gateway_sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    return GATEWAY.start(start_sandbox)


@pytest.fixture
def bank(gateway_sandbox: Portals) -> Iterator[Bank]:
    with banking(GATEWAY, gateway_sandbox) as bank:
        yield bank
