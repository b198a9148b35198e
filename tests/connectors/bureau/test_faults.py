"""Each fault of a bureau arrives as its cause, after the tries that make sense."""

from __future__ import annotations

import pytest

from connectors.http import TRIES
from schema.dataset import Dataset
from schema.errors import (
    ConnectionBroken,
    DataCorrupt,
    PortalError,
    PortalMaintenance,
    PortalUnavailable,
    RateLimited,
)
from tests.connectors.bank import PERIOD
from tests.connectors.bureau.conftest import Bank


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("down", ConnectionBroken),
        ("broken", ConnectionBroken),
        ("server_error", PortalUnavailable),
        ("truncated", DataCorrupt),
    ],
)
def test_a_lasting_fault_is_raised_as_its_cause(bank: Bank, fault: str, cause: type[PortalError]) -> None:
    bank.sandbox.fault(bank.portal, fault)
    with pytest.raises(cause):
        bank.connector.probe()


@pytest.mark.parametrize("fault", ["down", "broken", "server_error"])
def test_a_passing_fault_is_tried_again(bank: Bank, fault: str) -> None:
    bank.sandbox.fault(bank.portal, fault, times=TRIES - 1)
    bank.connector.probe()


@pytest.mark.parametrize(("fault", "cause"), [("throttled", RateLimited), ("maintenance", PortalMaintenance)])
def test_a_long_wait_is_the_callers_to_plan(bank: Bank, fault: str, cause: type[PortalError]) -> None:
    bank.sandbox.fault(bank.portal, fault, times=1, seconds=3600)
    with pytest.raises(cause) as raised:
        bank.connector.probe()
    assert raised.value.retry_at is not None
    bank.connector.probe()


def test_a_fault_in_the_middle_of_a_fetch_loses_no_page(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    pages = bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD)
    first = next(pages)
    bank.sandbox.fault(bank.portal, "broken", times=1)
    rest = list(pages)
    assert [page.sequence for page in (first, *rest)] == list(range(6))
