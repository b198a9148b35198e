"""Evidence in the console: for who is signed in, on record, and gone with the data."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from connectors.evidence import Recorder
from schema.dataset import Dataset, Route
from schema.errors import PageChanged
from stages import evidence
from tests.service.conftest import Service
from tests.service.test_api import refused
from vault.reference import KeyClass


@pytest.fixture
def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def id(service: Service, picture: bytes) -> str:
    """An authorization with two attempts: one failed with a picture, one granted; and a missing dataset."""
    current = service.shop.ledger.authorization(service.agreed()["id"])
    for route, outcome, error in ((Route.RPA, "failed", PageChanged()), (Route.API, "granted", None)):
        attempt = service.shop.attempts.begin(current, route, "preferred")
        recorder = Recorder()
        recorder.step("grants")
        recorder.exchanged("GET", f"https://etax.example/etax/yssq/{current.taxpayer_id}?a=1", 200, 10, 0.1)
        if error is None:
            recorder.receipt("YSSQ4420261124000001", datetime.now(UTC))
        else:
            recorder.picture(picture)
        ref = evidence.kept(service.shop, current, recorder, outcome, error)
        service.shop.attempts.end(attempt, current.id, outcome, evidence_ref=ref)
    service.grant(current.id)
    service.collect(current.id, Dataset.INVOICE)
    return current.id


def test_an_attempt_shows_its_steps_exchanges_picture_and_fault(
    service: Service, id: str, picture: bytes
) -> None:
    browser = service.console()
    detail = browser.get(f"/console/{id}").text
    assert f"/console/{id}/attempts/1/evidence" in detail
    assert f"/console/{id}/collections/invoice/evidence" not in detail, "nothing was kept of it"
    reply = browser.get(f"/console/{id}/attempts/1/evidence")
    assert reply.headers["cache-control"] == "no-store"
    for text in ("page_changed · grants", "etax.example/etax/yssq/*", "data:image/png;base64,"):
        assert text in reply.text
    assert base64.b64encode(picture).decode()[:40] in reply.text
    granted = browser.get(f"/console/{id}/attempts/2/evidence", params={"lang": "en"}).text
    assert "YSSQ4420261124000001" in granted
    assert "Pictures" not in granted


def test_looking_is_on_record_with_who_looked(service: Service, id: str) -> None:
    service.console().get(f"/console/{id}/attempts/1/evidence")
    last = service.shop.ledger.events(id)[-1]
    attempt = service.shop.attempts.of(id)[0]["id"]
    assert (last["kind"], last["data"]) == ("evidence.viewed", {"attempt": attempt, "route": "rpa"})


def test_nobody_else_sees_it(service: Service, id: str) -> None:
    path = f"/console/{id}/attempts/1/evidence"
    stranger = service.browser(follow_redirects=False)
    assert stranger.get(path).headers["location"] == "/console/sign-in"
    refused(service.console(tenant="other").get(path), 404, "authorization_unknown")
    assert service.shop.ledger.events(id)[-1]["kind"] != "evidence.viewed"


@pytest.mark.parametrize(
    "what", ["attempts/3", "attempts/9999", "collections/invoice", "collections/taxpayer"]
)
def test_what_was_not_kept_is_told_so(service: Service, id: str, what: str) -> None:
    refused(service.console().get(f"/console/{id}/{what}/evidence"), 404, "evidence_unknown")


def test_after_the_data_is_destroyed_the_page_says_so(service: Service, id: str) -> None:
    owner = service.shop.ledger.authorization(id).vault_owner
    service.shop.vault.destroy(owner, KeyClass.DATA)
    page = service.console().get(f"/console/{id}/attempts/1/evidence").text
    assert "留痕已随数据销毁" in page
    assert "data:image/png" not in page
