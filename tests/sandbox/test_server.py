"""The sandbox process: it tells when it listens, ends when told, and takes faults."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from connectors.overlay import overlays
from connectors.testing.portals import Portals
from sandbox.server import ROUTES
from tests.conftest import ROOT

PORTAL = "44.api"
PATH = "/yspt/v1/health"


@pytest.fixture
def portal(sandbox: Portals) -> Portals:
    sandbox.clear()
    return sandbox


def _post(sandbox: Portals, **options: float) -> requests.Response:
    url = sandbox.endpoints[PORTAL]["base_url"] + PATH
    return requests.post(url, data=b"{}", timeout=options.get("timeout", 5))


def test_endpoints_name_every_route_of_the_regions(sandbox: Portals) -> None:
    assert set(sandbox.endpoints) == {"31.api", "44.api", "44.rpa", "51.rpa"}
    assert all(each["base_url"].startswith("http://127.0.0.1:") for each in sandbox.endpoints.values())


def test_the_sandbox_knows_every_region_as_the_overlays_have_it() -> None:
    known = {
        region: {(route.value, each.family) for route, each in found.routes.items()}
        for region, found in overlays().items()
    }
    assert {region: set(routes) for region, routes in ROUTES.items()} == known


def test_all_regions_start_in_one_process_before_anybody_asks_for_a_company(
    start_sandbox: Callable[..., Portals],
) -> None:
    everywhere = start_sandbox("--regions", "all", "--count", "1", "--invoices", "4")
    assert len({name.split(".")[0] for name in everywhere.endpoints}) == 36
    assert everywhere.companies("65.rpa")[0]["name"].startswith("沙盒新疆")


def test_both_routes_of_a_region_know_the_same_companies(sandbox: Portals) -> None:
    assert sandbox.companies("44.api") == sandbox.companies("44.rpa")


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    listed = tmp_path / "endpoints.json"
    options = ["--regions", "31", "--families", "gateway", "--count", "1", "--endpoints", str(listed)]
    process = subprocess.Popen([sys.executable, "-m", "sandbox", *options], cwd=ROOT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not listed.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert set(json.loads(listed.read_text())) == {"31.api"}
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


def test_down_closes_the_connection_without_an_answer(portal: Portals) -> None:
    portal.fault(PORTAL, "down", times=1)
    with pytest.raises(requests.ConnectionError):
        _post(portal)
    assert _post(portal).status_code == 200


def test_truncated_is_a_complete_answer_with_half_a_body(portal: Portals) -> None:
    portal.fault(PORTAL, "truncated", times=1)
    with pytest.raises(requests.JSONDecodeError):
        _post(portal).json()


def test_broken_ends_in_the_middle_of_the_body(portal: Portals) -> None:
    portal.fault(PORTAL, "broken", times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _post(portal)


def test_a_server_error_is_a_page(portal: Portals) -> None:
    portal.fault(PORTAL, "server_error", times=1)
    answer = _post(portal)
    assert (answer.status_code, "服务器内部错误" in answer.text) == (500, True)


def test_a_fault_strikes_only_its_path(portal: Portals) -> None:
    portal.fault(PORTAL, "server_error", path="/yspt/v1/invoice")
    assert _post(portal).status_code == 200


def test_the_phone_shows_messages_as_a_page_and_as_json(sandbox: Portals) -> None:
    url = sandbox.endpoints[PORTAL]["base_url"] + "/_sandbox/phone/19900000000"
    assert "暂无短信" in requests.get(url, timeout=5).text
    assert requests.get(url + ".json", timeout=5).json() == []
