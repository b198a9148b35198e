"""Collecting from the platform: whole, counted, of the right company, page after page."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest

from connectors.families.oauth.connector import OAuthConnector
from connectors.http import HttpAnswer
from connectors.overlay import overlay
from connectors.registry import Tools, connect, endpoint
from schema.dataset import USUAL, Dataset, Route
from schema.errors import (
    ConnectionBroken,
    ContractChanged,
    DataConflict,
    DataCorrupt,
    PortalError,
    PortalMaintenance,
    PortalUnavailable,
    RateLimited,
    RouteBroken,
    SessionExpired,
    WrongTaxpayer,
)
from schema.period import Period
from tests.connectors.bank import PERIOD
from tests.connectors.oauth.conftest import PORTAL, Bank

DATA = "/tax/v1/"


def test_every_invoice_of_both_directions_comes_once(bank: Bank) -> None:
    company = bank.companies[0]
    pages = list(bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    found: defaultdict[str, int] = defaultdict(int)
    for page in pages:
        body = orjson.loads(page.content)
        found[body["direction"]] += len(body["items"])
        assert body["taxpayerId"] == company["taxpayer_id"]
    assert dict(found) == {"ISSUED": company["issued"], "RECEIVED": company["received"]}
    assert len(pages) > 2, "there was something to page through"


def test_what_is_held_is_not_asked_for_again(bank: Bank) -> None:
    company = bank.companies[0]
    grant, taxpayer_id = bank.granted(company), company["taxpayer_id"]
    pages = list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD))
    kept = [page for page in pages if "/out#" in page.locator]
    held = {(page.locator, page.period): page.portal_total for page in kept}
    rest = list(bank.connector.fetch(grant, taxpayer_id, Dataset.INVOICE, PERIOD, held))
    assert [page.locator for page in rest] == [page.locator for page in pages if "/in#" in page.locator]


def test_pages_carry_where_they_come_from_and_the_platforms_count(bank: Bank) -> None:
    company = bank.companies[0]
    pages = list(bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert {(page.region, page.route, page.source_format) for page in pages} == {
        ("33", Route.API, "oauth.invoice")
    }
    totals = {page.locator.partition("#")[0]: page.portal_total for page in pages}
    assert totals == {"invoices/out": company["issued"], "invoices/in": company["received"]}


def test_an_empty_period_is_proved_by_the_platforms_count(bank: Bank) -> None:
    company = bank.companies[0]
    old = Period.model_validate({"start": "2015-01-01", "end": "2015-06-30"})
    grant = bank.granted(company, scopes={Dataset.INVOICE: old})
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, old))
    assert [page.portal_total for page in pages] == [0, 0]


@pytest.mark.parametrize("dataset", USUAL)
def test_another_company_is_refused_in_every_dataset(bank: Bank, dataset: Dataset) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(PORTAL, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        list(bank.connector.fetch(grant, company["taxpayer_id"], dataset, PERIOD))


def test_another_company_on_a_later_page_is_refused(bank: Bank) -> None:
    company = bank.companies[0]
    pages = bank.connector.fetch(bank.granted(company), company["taxpayer_id"], Dataset.INVOICE, PERIOD)
    next(pages)
    bank.sandbox.fault(PORTAL, "wrong_company")
    with pytest.raises(WrongTaxpayer):
        list(pages)


def test_a_changed_layout_is_a_changed_contract(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(PORTAL, "layout_changed")
    with pytest.raises(ContractChanged):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))


def test_a_forgotten_token_is_renewed_once(bank: Bank) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(PORTAL, "session_lost", path=DATA, times=1)
    assert list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    bank.sandbox.fault(PORTAL, "session_lost", path=DATA)
    with pytest.raises(SessionExpired):
        list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))


def test_nonces_are_learned_at_each_door(bank: Bank) -> None:
    """PAR, token endpoint and data each refuse the first proof for their own nonce; the second one holds."""
    doors = ("/par", "/token", "/tax/v1/taxpayers/")
    before = [bank.refused(door, "use_dpop_nonce") for door in doors]
    company = bank.companies[3]
    flow = bank.connector.authorize(bank.request(company, person_id=""))
    challenge: Any = flow.advance(None)
    grant: Any = flow.advance(bank.led_back(company, challenge))
    list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.TAXPAYER, PERIOD))
    list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))
    assert [bank.refused(door, "use_dpop_nonce") for door in doors] == [each + 1 for each in before]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("down", ConnectionBroken),
        ("broken", ConnectionBroken),
        ("server_error", PortalUnavailable),
        ("truncated", DataCorrupt),
        ("throttled", RateLimited),
        ("maintenance", PortalMaintenance),
    ],
)
@pytest.mark.parametrize("path", ["/.well-known/", DATA])
def test_a_lasting_fault_is_raised_as_its_cause(
    bank: Bank, fault: str, cause: type[PortalError], path: str
) -> None:
    company = bank.companies[0]
    grant = bank.granted(company)
    bank.sandbox.fault(PORTAL, fault, path=path, seconds=3600)

    def use() -> None:
        if path == DATA:
            list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))
        else:
            bank.connector.probe()

    with pytest.raises(cause):
        use()


@pytest.mark.parametrize("fault", ["down", "broken", "server_error"])
def test_a_passing_fault_is_tried_again(bank: Bank, fault: str) -> None:
    bank.sandbox.fault(PORTAL, fault, times=2)
    bank.connector.probe()


def test_a_missing_key_is_named_without_its_value(bank: Bank) -> None:
    keys = {**bank.listed["keys"], "client_key": "-----BEGIN NONSENSE"}
    listed = {PORTAL: {**bank.listed, "keys": keys}}
    with pytest.raises(RouteBroken, match="client_key") as raised:
        connect(endpoint("33", Route.API, listed), Tools(browser=lambda: pytest.fail("no browser")))
    assert "NONSENSE" not in str(raised.value)


@contextmanager
def serving(body: dict[str, Any]) -> Iterator[str]:
    """A resource server that answers everything with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = orjson.dumps(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("items", [[], [{}]])
def test_pages_without_end_are_refused(bank: Bank, items: list[Any]) -> None:
    company = bank.companies[0]
    grant = bank.granted(company, scopes={Dataset.INVOICE: PERIOD})
    endless = {
        "taxpayerId": company["taxpayer_id"],
        "direction": "ISSUED",
        "count": 1000,
        "items": items,
        "nextCursor": "again",
    }
    with serving(endless) as base:
        connector = OAuthConnector("33", bank.api(), overlay("33").route(Route.API), base)
        with pytest.raises(DataConflict):
            list(connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, PERIOD))
        connector.close()


def test_a_refusal_repeats_nothing_that_the_platform_says(bank: Bank) -> None:
    canary = "canary-9f2c"
    api = bank.api()
    answer = HttpAnswer(400, {"Content-Type": "application/json"}, orjson.dumps({"error": canary}))
    with pytest.raises(RouteBroken) as raised:
        api._refuse(answer, "token_endpoint")
    assert canary not in str(raised.value)
    assert canary not in repr(raised.value.__cause__)
