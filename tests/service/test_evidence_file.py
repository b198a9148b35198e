"""The evidence file leaves by the API for its owner, and by the console when a second user has agreed."""

from __future__ import annotations

import json

from authz.access.roles import Role
from tests.service.conftest import Service
from tests.service.test_api import refused
from tests.service.test_console_access import approval_of, press
from verifier import evidence


def test_its_owner_fetches_it_and_that_is_on_record(service: Service) -> None:
    id = service.agreed()["id"]
    reply = service.api.get(f"/v1/authorizations/{id}/evidence")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/zip")
    files = evidence.unpacked(reply.content)
    assert evidence.problems(files, [service.shop.checkpoints.public_key]) == []
    assert json.loads(files["authorization.json"])["id"] == id
    assert service.shop.ledger.events(id)[-1]["kind"] == "evidence.exported"


def test_another_tenant_has_no_such_authorization(service: Service) -> None:
    id = service.agreed()["id"]
    refused(service.other_api.get(f"/v1/authorizations/{id}/evidence"), 404, "authorization_unknown")
    assert service.shop.ledger.events(id)[-1]["kind"] != "evidence.exported"


def test_staff_export_it_once_when_a_second_user_has_agreed(service: Service) -> None:
    id = service.agreed()["id"]
    auditor, risk = service.console(Role.AUDITOR), service.console(Role.RISK)
    assert "export_evidence" in auditor.get(f"/console/{id}").text
    press(auditor, f"/console/{id}/approvals", ask="export_evidence", reason="court")
    asked = approval_of(service, id)
    refused(press(auditor, f"/console/approvals/{asked}/execute"), 409, "approval_impossible")
    press(risk, f"/console/approvals/{asked}/decide", decision="grant")
    sent = press(auditor, f"/console/approvals/{asked}/execute")
    assert evidence.problems(evidence.unpacked(sent.content)) == []
    refused(press(auditor, f"/console/approvals/{asked}/execute"), 409, "approval_impossible")
