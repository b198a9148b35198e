"""What a loan system's key permits, endpoint by endpoint."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from authz.apikeys import Scope
from service.api import router
from tests.service.conftest import Service
from tests.service.test_api import refused

ENDPOINTS = {
    ("POST", "/v1/authorizations"): Scope.WRITE,
    ("POST", "/v1/authorizations/{id}/rerun"): Scope.WRITE,
    ("POST", "/v1/authorizations/{id}/link"): Scope.WRITE,
    ("GET", "/v1/authorizations"): Scope.READ,
    ("GET", "/v1/authorizations/{id}"): Scope.READ,
    ("GET", "/v1/authorizations/{id}/events"): Scope.READ,
    ("GET", "/v1/authorizations/{id}/datasets"): Scope.DATASETS,
    ("GET", "/v1/authorizations/{id}/datasets/{table}"): Scope.DATASETS,
    ("GET", "/v1/authorizations/{id}/score"): Scope.SCORES,
    ("GET", "/v1/authorizations/{id}/evidence"): Scope.SCORES,
    ("POST", "/v1/authorizations/{id}/withdraw"): Scope.WITHDRAW,
}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_a_key_without_the_scope_is_refused_before_anything_is_looked_up(
    service: Service, method: str, path: str
) -> None:
    others = set(Scope) - {ENDPOINTS[method, path]}
    bearer, _ = service.shop.api_keys.issue("bank", "narrow", scopes=others)
    caller = service.browser(headers={"authorization": f"Bearer {bearer}", "idempotency-key": "k"})
    body = service.body() if path == "/v1/authorizations" else None
    reply = caller.request(
        method, path.format(id="auth_x", table="invoice"), json=body if method == "POST" else None
    )
    refused(reply, 403, "key_scope_missing")


def test_every_endpoint_of_the_interface_asks_for_a_key(service: Service) -> None:
    for route in router.routes:
        assert isinstance(route, APIRoute)
        path = route.path.replace("{id}", "auth_x").replace("{table}", "invoice")
        for method in route.methods:
            reply = service.browser().request(method, path, json={} if method == "POST" else None)
            refused(reply, 401, "api_key_invalid")
