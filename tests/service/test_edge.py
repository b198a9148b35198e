"""What every request passes: limits, character set, headers, and no traceback whatever happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import structlog
from fastapi.testclient import TestClient

from connectors.places import Place
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged
from service.edge import LARGEST_BODY
from tests.service.conftest import Service
from tests.service.test_api import refused


def submit_raw(service: Service, content: bytes, content_type: str = "application/json") -> Any:
    headers = {"idempotency-key": "k", "content-type": content_type}
    return service.api.post("/v1/authorizations", content=content, headers=headers)


def test_an_oversized_body_is_refused(service: Service) -> None:
    refused(submit_raw(service, b'"' + b"x" * LARGEST_BODY + b'"'), 413, "body_too_large")


def test_an_oversized_body_in_chunks_is_refused(service: Service, address: str) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 1024 + 1):
            yield b"x" * 1024

    reply = requests.post(
        f"{address}/v1/authorizations",
        data=chunks(),
        headers={"content-type": "application/json", "authorization": f"Bearer {service.key}"},
        timeout=10,
    )
    refused(reply, 413, "body_too_large")


def test_a_length_that_lies_is_refused(service: Service) -> None:
    headers = {"idempotency-key": "k", "content-type": "application/json", "content-length": "-1"}
    refused(service.api.post("/v1/authorizations", content=b"{}", headers=headers), 413, "body_too_large")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (json.dumps({"product": "广东"}, ensure_ascii=False).encode("gbk"), "application/json"),
        (b"{}", "application/json; charset=gbk"),
        (b"{}", 'application/json; charset="GB18030"'),
        ("{}".encode("utf-16"), "application/json"),
        (b"{}", "text/plain"),
        (b"taxpayer_id=1", "application/x-www-form-urlencoded"),
        (b"<a/>", "application/xml"),
        (b"{}", ""),
    ],
)
def test_a_body_that_is_not_utf8_json_is_refused(service: Service, content: bytes, content_type: str) -> None:
    refused(submit_raw(service, content, content_type), 415, "wrong_charset")


def test_utf8_that_says_so_is_taken(service: Service) -> None:
    content = json.dumps(service.body(), ensure_ascii=False).encode()
    assert submit_raw(service, content, "application/json; charset=UTF-8").status_code == 201


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"null", b'"x"', b"NaN", b"{" * 20_000, b"1" * 5_000, b'{"amount": 1e999}']
)
def test_broken_json_is_refused(service: Service, content: bytes) -> None:
    reply = submit_raw(service, content)
    refused(reply, reply.status_code, "invalid_request")
    assert reply.status_code in (400, 422)


def test_an_unknown_route_and_method_are_problems_too(service: Service) -> None:
    refused(service.api.get("/nowhere"), 404, "not_found")
    refused(service.api.delete("/v1/authorizations"), 405, "method_not_allowed")
    refused(service.api.get("/assets/link/../../routes.py"), 404, "not_found")


def test_every_answer_carries_the_security_headers_and_an_id(service: Service) -> None:
    for path in ("/healthz", "/nowhere", "/link/unknown", "/console/sign-in", "/assets/link/link.css"):
        headers = service.browser().get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["referrer-policy"] == ("same-origin" if path.startswith("/console") else "no-referrer")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_a_request_id_is_kept_when_it_is_one(service: Service) -> None:
    def echoed(id: str) -> str:
        return service.browser().get("/healthz", headers={"x-request-id": id}).headers["x-request-id"]

    assert echoed("loan-2026-000001") == "loan-2026-000001"
    assert echoed("<script>alert(1)</script>") != "<script>alert(1)</script>"


def test_an_unexpected_fault_tells_nothing_and_is_logged_without_its_text(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("password hunter2 of 张三")

    monkeypatch.setattr(service.shop.ledger, "listing", broken)
    with structlog.testing.capture_logs() as logs:
        reply = service.api.get("/v1/authorizations")
    refused(reply, 500, "taxlink_error")
    assert "hunter2" not in reply.text + str(logs)
    assert logs[-1]["exception"] == "RuntimeError"
    assert logs[-1]["request_id"] == reply.headers["x-request-id"]


def test_the_measures_name_routes_never_tokens(service: Service) -> None:
    done = service.agreed()
    measures = service.browser().get("/metrics").text
    assert 'taxlink_authorizations{state="working"} 1.0' in measures
    assert 'route="/link/{token}"' in measures
    assert done["token"] not in measures
    assert done["id"] not in measures


def test_a_route_that_has_drifted_is_measured(service: Service) -> None:
    assert "taxlink_drifted{" not in service.browser().get("/metrics").text
    place, gone = Place("31", Route.API), ContractChanged("a body lacks je")
    service.shop.changes.met(place, Dataset.INVOICE, "gateway.invoice", gone)
    measures = service.browser().get("/metrics").text
    assert 'taxlink_drifted{region="31",route="api",step="invoice"} 1.0' in measures


def test_pages_load_nothing_from_elsewhere(service: Service) -> None:
    done = service.submit()
    browser: TestClient = service.borrower(done["token"])
    page = browser.get(f"/link/{done['token']}").text
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert "onclick" not in page
