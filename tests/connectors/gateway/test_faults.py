"""Each fault of the portal arrives as its cause, after the tries that make sense."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.http import TRIES, PortalHttp
from connectors.interface import Challenge
from connectors.registry import Tools, connect, endpoint
from schema.dataset import Route
from schema.errors import (
    ConnectionBroken,
    ContractChanged,
    DataCorrupt,
    PortalError,
    PortalMaintenance,
    PortalTimeout,
    PortalUnavailable,
    RateLimited,
    RouteBroken,
)
from tests.connectors.bank import GATEWAY, Bank


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
    bank.sandbox.fault(GATEWAY.name, fault)
    with pytest.raises(cause):
        bank.connector.probe()


@pytest.mark.parametrize("fault", ["down", "broken", "server_error"])
def test_a_passing_fault_is_tried_again(bank: Bank, fault: str) -> None:
    bank.sandbox.fault(GATEWAY.name, fault, times=TRIES - 1)
    bank.connector.probe()


def test_tries_are_bounded(bank: Bank) -> None:
    bank.sandbox.fault(GATEWAY.name, "server_error", times=TRIES)
    with pytest.raises(PortalUnavailable):
        bank.connector.probe()
    bank.connector.probe()


def test_a_short_retry_after_is_waited_for(bank: Bank) -> None:
    bank.sandbox.fault(GATEWAY.name, "throttled", times=1, seconds=1)
    before = datetime.now(UTC)
    bank.connector.probe()
    assert datetime.now(UTC) - before >= timedelta(seconds=0.9)


@pytest.mark.parametrize(("fault", "cause"), [("throttled", RateLimited), ("maintenance", PortalMaintenance)])
def test_a_long_retry_after_is_the_callers_to_plan(bank: Bank, fault: str, cause: type[PortalError]) -> None:
    bank.sandbox.fault(GATEWAY.name, fault, times=1, seconds=3600)
    with pytest.raises(cause) as raised:
        bank.connector.probe()
    assert raised.value.retry_at is not None
    assert timedelta(minutes=59) < raised.value.retry_at - datetime.now(UTC) <= timedelta(hours=1)
    bank.connector.probe()


def test_a_slow_portal_times_out(bank: Bank) -> None:
    base_url = bank.sandbox.endpoints[GATEWAY.name]["base_url"]
    impatient = PortalHttp(base_url, private=True, timeout_seconds=0.2, connections=1)
    bank.sandbox.fault(GATEWAY.name, "slow", times=1, seconds=1)
    with pytest.raises(PortalTimeout):
        impatient.post("/yspt/v1/health", b"{}", "application/json")
    impatient.close()


def test_no_portal_at_the_address_is_unavailable(bank: Bank) -> None:
    listed = {GATEWAY.name: {**bank.sandbox.endpoints[GATEWAY.name], "base_url": "http://127.0.0.1:9"}}
    connector = connect(endpoint("44", Route.API, listed), Tools(browser=lambda: pytest.fail("no browser")))
    with pytest.raises(PortalUnavailable):
        connector.probe()


class _Front(BaseHTTPRequestHandler):
    """A web server before the gateway that answers for it."""

    def do_POST(self) -> None:
        body = b"<h1>no such page</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_a_page_instead_of_a_message_is_a_changed_contract(bank: Bank) -> None:
    with HTTPServer(("127.0.0.1", 0), _Front) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{front.server_port}"
        listed = {GATEWAY.name: {**bank.sandbox.endpoints[GATEWAY.name], "base_url": address}}
        connector = connect(
            endpoint("44", Route.API, listed), Tools(browser=lambda: pytest.fail("no browser"))
        )
        with pytest.raises(ContractChanged):
            connector.probe()
        connector.close()
        front.shutdown()


def test_a_missing_key_is_named_without_its_value(bank: Bank) -> None:
    keys = {**bank.sandbox.endpoints[GATEWAY.name]["keys"], "sm4": "00ff"}
    listed = {GATEWAY.name: {**bank.sandbox.endpoints[GATEWAY.name], "keys": keys}}
    with pytest.raises(RouteBroken, match="sm4") as raised:
        connect(endpoint("44", Route.API, listed), Tools(browser=lambda: pytest.fail("no browser")))
    assert "00ff" not in str(raised.value)


def test_a_fault_while_applying_makes_no_second_grant(bank: Bank) -> None:
    company = bank.companies[10]
    flow = bank.connector.authorize(bank.request(company))
    bank.sandbox.fault(GATEWAY.name, "broken", path="/yspt/v1/authorization.apply", times=1)
    assert isinstance(flow.advance(None), Challenge)
    flow.advance({"code": bank.code(company)})
    assert bank.grants_made(company) == 1
