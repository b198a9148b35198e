"""What a loan system's key permits, endpoint by endpoint."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from authz.apikeys import Scope
from tests.service.conftest import Service
from tests.service.test_api import refused

ENDPOINTS = {
    ("POST", "/v1/authorizations"): {Scope.WRITE},
    ("POST", "/v1/authorizations/{id}/rerun"): {Scope.WRITE},
    ("POST", "/v1/authorizations/{id}/link"): {Scope.WRITE},
    ("POST", "/v1/authorizations/{id}/suspend"): {Scope.WRITE},
    ("POST", "/v1/authorizations/{id}/resume"): {Scope.WRITE},
    ("POST", "/v1/authorizations/{id}/amend"): {Scope.WRITE},
    ("GET", "/v1/authorizations/{id}/consents"): {Scope.READ},
    ("GET", "/v1/authorizations/{id}/consent.pdf"): {Scope.READ},
    ("GET", "/v1/authorizations/{id}/evidence"): {Scope.EVIDENCE},
    ("POST", "/v1/authorizations/{id}/documents"): {Scope.DOCUMENTS},
    ("GET", "/v1/authorizations/{id}/documents"): {Scope.DATASETS},
    ("GET", "/v1/authorizations/{id}/reconciliation"): {Scope.DATASETS},
    ("GET", "/v1/authorizations"): {Scope.READ},
    ("GET", "/v1/authorizations/{id}"): {Scope.READ},
    ("GET", "/v1/authorizations/{id}/events"): {Scope.READ},
    ("GET", "/v1/authorizations/{id}/datasets"): {Scope.DATASETS},
    ("GET", "/v1/authorizations/{id}/datasets/{table}"): {Scope.DATASETS},
    ("GET", "/v1/authorizations/{id}/score"): {Scope.SCORES},
    ("GET", "/v1/authorizations/{id}/warnings"): {Scope.SCORES},
    ("GET", "/v1/authorizations/{id}/report"): {Scope.SCORES, Scope.DATASETS},
    ("POST", "/v1/authorizations/{id}/withdraw"): {Scope.WITHDRAW},
}


def asked(browser: TestClient, method: str, path: str) -> Any:
    body = {} if method == "POST" else None
    return browser.request(method, path.format(id="auth_x", table="invoice"), json=body)


def test_every_endpoint_has_its_scope(service: Service) -> None:
    paths = service.browser().get("/openapi.json").json()["paths"]
    offered = {(method.upper(), path) for path in paths if path.startswith("/v1/") for method in paths[path]}
    assert offered == set(ENDPOINTS)


def test_a_key_without_the_scope_is_refused_before_anything_is_looked_up(service: Service) -> None:
    for scope in Scope:
        bearer, _ = service.shop.api_keys.issue("bank", "narrow", scopes=set(Scope) - {scope})
        caller = service.browser(headers={"authorization": f"Bearer {bearer}", "idempotency-key": "k"})
        for (method, path), needed in ENDPOINTS.items():
            reply = asked(caller, method, path)
            if scope in needed:
                refused(reply, 403, "key_scope_missing")
            else:
                assert reply.status_code not in (401, 403), (method, path)


def test_every_endpoint_asks_for_a_key(service: Service) -> None:
    for method, path in ENDPOINTS:
        refused(asked(service.browser(), method, path), 401, "api_key_invalid")
