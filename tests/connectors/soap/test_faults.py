"""Each fault of the SOAP gateway arrives as its cause, after the tries that make sense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.families.soap.api import names
from connectors.families.soap.connector import WSDL
from connectors.http import TRIES
from connectors.interface import Challenge
from connectors.registry import Tools, connect, endpoint
from schema.dataset import Dataset, Route
from schema.errors import (
    ConnectionBroken,
    ContractChanged,
    DataCorrupt,
    PortalError,
    PortalMaintenance,
    PortalUnavailable,
    RateLimited,
    RouteBroken,
)
from tests.connectors.bank import PERIOD, SOAP, Bank


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("down", ConnectionBroken), ("broken", ConnectionBroken), ("server_error", PortalUnavailable)],
)
def test_a_lasting_fault_is_raised_as_its_cause(bank: Bank, fault: str, cause: type[PortalError]) -> None:
    bank.sandbox.fault(SOAP.name, fault)
    with pytest.raises(cause):
        bank.connector.authorize(bank.request(bank.companies[0])).advance(None)


def test_half_an_envelope_is_corrupt(bank: Bank) -> None:
    bank.sandbox.fault(SOAP.name, "truncated")
    with pytest.raises(DataCorrupt):
        bank.connector.probe()
    with pytest.raises(DataCorrupt):
        bank.connector.authorize(bank.request(bank.companies[0])).advance(None)


@pytest.mark.parametrize("fault", ["down", "broken", "server_error"])
def test_a_passing_fault_is_tried_again_and_makes_no_second_grant(bank: Bank, fault: str) -> None:
    company = bank.companies[10]
    before = bank.grants_made(company)
    flow = bank.connector.authorize(bank.request(company))
    bank.sandbox.fault(SOAP.name, fault, times=TRIES - 1)
    assert isinstance(flow.advance(None), Challenge)
    flow.advance({"code": bank.code(company)})
    assert bank.grants_made(company) == before + 1


@pytest.mark.parametrize(("fault", "cause"), [("throttled", RateLimited), ("maintenance", PortalMaintenance)])
def test_a_long_retry_after_is_the_callers_to_plan(bank: Bank, fault: str, cause: type[PortalError]) -> None:
    bank.sandbox.fault(SOAP.name, fault, path=f"{SOAP.confirms}/QueryAuthorization", times=1, seconds=3600)
    with pytest.raises(cause) as raised:
        bank.connector.existing(bank.request(bank.companies[0]))
    assert raised.value.retry_at is not None
    assert timedelta(minutes=59) < raised.value.retry_at - datetime.now(UTC) <= timedelta(hours=1)


def test_a_changed_layout_is_a_changed_contract(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(SOAP.name, "layout_changed")
    with pytest.raises(ContractChanged, match="Zts"):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))


def test_the_probe_names_what_the_wsdl_has_lost(bank: Bank) -> None:
    bank.connector.probe()
    bank.sandbox.fault(SOAP.name, "layout_changed", path=f"{SOAP.confirms}/wsdl")
    with pytest.raises(ContractChanged, match=r"Bys, Je, Nsrmc, Xydj, Zts"):
        bank.connector.probe()


def test_our_copy_of_the_wsdl_declares_every_operation_that_is_called() -> None:
    assert {"ApplyAuthorization", "ConfirmAuthorization", "ListInvoices", "ListInvoicesResponse"} <= names(
        WSDL.read_bytes()
    )


@pytest.mark.parametrize("name", ["app_id", "app_key", "portal_certificate"])
def test_a_missing_or_malformed_key_is_named_without_its_value(bank: Bank, name: str) -> None:
    for given in ("", "-----BEGIN NOTHING-----"):
        keys = {**bank.sandbox.endpoints[SOAP.name]["keys"], name: given}
        listed = {SOAP.name: {**bank.sandbox.endpoints[SOAP.name], "keys": keys}}
        if name == "app_id" and given:
            continue
        with pytest.raises(RouteBroken, match=name) as raised:
            connect(endpoint("32", Route.API, listed), Tools(browser=lambda: pytest.fail("no browser")))
        assert "NOTHING" not in str(raised.value)
