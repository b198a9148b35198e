"""A delivery portal with synthetic companies, and a bank that talks to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.interface import Connector, Grant
from connectors.testing.portals import Portals
from schema.dataset import Dataset
from schema.errors import ResultNotReady
from schema.raw import RawPage
from tests.connectors.bank import FILEDROP, PERIOD, Bank, banking

FILES = "/wjjh/v1/files"


@pytest.fixture(scope="session")
def filedrop_sandbox(start_sandbox: Callable[..., Portals]) -> Portals:
    return FILEDROP.start(start_sandbox)


@pytest.fixture
def bank(filedrop_sandbox: Portals) -> Iterator[Bank]:
    with banking(FILEDROP, filedrop_sandbox) as bank:
        yield bank


def connected(sandbox: Portals, transport: str = "https", **changes: Any) -> Connector:
    """The region's connector, as its overlay would have it with this transport."""
    return FILEDROP.connected(sandbox, {"transport": transport}, **changes)


def fetched(bank: Bank, grant: Grant, company: dict[str, Any], dataset: Dataset) -> list[RawPage]:
    """The dataset's pages; the time that the portal needs passes at once."""
    ordered(bank, grant, company, dataset)
    bank.sandbox.shift_clock(60)
    return list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))


def ordered(bank: Bank, grant: Grant, company: dict[str, Any], dataset: Dataset) -> None:
    """The remote request is begun; the portal is not waited for."""
    with contextlib.suppress(ResultNotReady):
        list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))
