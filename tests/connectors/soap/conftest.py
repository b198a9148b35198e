"""A SOAP gateway with synthetic companies, and a bank that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.testing.portals import Portals
from tests.connectors.bank import SOAP, Bank, banking


@pytest.fixture(scope="session")
def soap_sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    return SOAP.start(start_sandbox)


@pytest.fixture
def bank(soap_sandbox: Portals) -> Iterator[Bank]:
    with banking(SOAP, soap_sandbox) as bank:
        yield bank
