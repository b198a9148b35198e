"""Drift is found where it is and nowhere else: by anonymous canaries, by sign-ins, and in payloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from authz.application import Application
from authz.authorization import Authorization, State
from authz.casefile import Collected
from cli.main import app
from connectors.breaker import Signal
from connectors.overlay import BreakerRules, overlays
from connectors.places import Place
from connectors.testing.portals import Portals
from schema.clock import today
from schema.dataset import Dataset, Route
from settings import Settings
from stages import canaries, doctor
from stages.application import default_scopes
from stages.dispatch import Dispatch
from stages.intake import Intake
from stages.normalize import HeadStart, normalize
from stages.submission import submit
from stages.workshop import Workshop
from store.database import now
from tests.conftest import ROOT, started
from vault.reference import KeyClass

GOLDEN = ROOT / "tests/normalizers/gateway/golden/gateway.invoice.json"
GUANGDONG, JIANGSU = Place("44", Route.RPA), Place("32", Route.API)
FEW = ("--count", "1", "--invoices", "4")


class House:
    """A workshop in a folder, and the portals that it is pointed at."""

    def __init__(self, home: Path) -> None:
        self.environment = {"TAXLINK_HOME": str(home), "TAXLINK_ENDPOINTS": str(home / "endpoints.json")}
        home.mkdir()
        self.point_at({})
        self.shop = Workshop(Settings.from_environment(self.environment), name="test")

    def point_at(self, endpoints: Any) -> None:
        Path(self.environment["TAXLINK_ENDPOINTS"]).write_text(json.dumps(endpoints))

    def look(self, portals: Portals) -> list[Place]:
        """Every canary of these portals."""
        self.point_at(portals.endpoints)
        self.shop.__dict__.pop("endpoints", None)
        return list(canaries.look_at(self.shop, canaries.watched(self.shop)))

    def drifted(self) -> list[tuple[Place, str]]:
        return [(each.place, each.step) for each in doctor.examine(self.shop).drifts]

    def command(self, *arguments: str) -> Result:
        """``taxlink doctor`` in this house."""
        return CliRunner().invoke(app, ["doctor", *arguments], env=self.environment)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path / "home")
    yield found
    found.shop.close()


@pytest.mark.browser
def test_of_all_regions_exactly_the_changed_one_drifts_with_its_step_and_element(
    house: House, tmp_path: Path
) -> None:
    places = {Place(code, route) for code, found in overlays().items() for route in found.routes}
    (tmp_path / "first").mkdir()
    with started(tmp_path / "first", "--regions", "all", *FEW) as portals:
        assert set(house.look(portals)) == places
    first = {each.place: each.fingerprint for each in doctor.examine(house.shop).routes}
    assert not house.drifted()

    (tmp_path / "second").mkdir()
    with started(tmp_path / "second", "--regions", "all", *FEW) as portals:
        portals.fault("44.rpa", "layout_changed")
        house.look(portals)
        journal = portals.journal("44.rpa")
    report = doctor.examine(house.shop)
    changed = {each.place for each in report.routes if each.fingerprint != first[each.place]}
    assert changed == {GUANGDONG}, "other ports, another captcha and another hour make no difference"
    (drift,) = report.drifts
    assert (drift.place, drift.step) == (GUANGDONG, "canary")
    assert "field `tx-password` is now `n26-password`" in drift.changed
    assert drift.before is not None
    assert drift.after is not None
    assert not journal, "nobody signed in"

    page = tmp_path / "report.html"
    told = house.command("--json", "--html", str(page))
    assert told.exit_code == 1, told.output
    assert [each["region"] for each in json.loads(told.stdout)["drifts"]] == ["44"]
    assert page.read_text().count("data:image/png;base64,") == 2
    assert house.command("51").exit_code == 0
    assert house.command("--accept").exit_code == 2, "a person looks at a region, not at all of them"


def test_an_accepted_page_is_the_one_to_compare_with_unless_the_connector_cannot_read_it(
    house: House, start_sandbox: Callable[..., Portals]
) -> None:
    portals = start_sandbox("--regions", "32", "--families", "soap", *FEW)
    house.look(portals)
    portals.fault("32.api", "layout_changed")
    house.look(portals)
    assert house.drifted() == [(JIANGSU, "canary")]
    assert "element `Fp/Je` is now `Fp/Hjje`" in doctor.examine(house.shop).drifts[0].changed
    assert house.command("--accept", "32").exit_code == 1
    (drift,) = doctor.examine(house.shop).drifts
    assert [each for each in drift.changed if "does not know it" not in each] == []
    portals.clear("32.api")
    house.look(portals)
    assert "element `Fp/Hjje` is now `Fp/Je`" in doctor.examine(house.shop).drifts[0].changed
    assert doctor.accept(house.shop, "32", Route.API) == [JIANGSU]
    assert not house.drifted()


def test_a_portal_that_is_down_has_not_drifted_and_one_at_rest_is_left_alone(
    house: House, start_sandbox: Callable[..., Portals]
) -> None:
    portals = start_sandbox("--regions", "44", "--families", "gateway", *FEW)
    house.look(portals)
    portals.fault("44.api", "server_error")
    house.look(portals)
    (route,) = (each for each in doctor.examine(house.shop, "44").routes if each.place.route is Route.API)
    assert (route.standing, route.detail.partition(":")[0]) == ("no_answer", "portal_unavailable")
    assert not house.drifted()
    portals.clear("44.api")
    place, rules = Place("44", Route.API), BreakerRules(faults=1)
    house.shop.breakers.note(place, Signal.FAULT, rules)
    served = portals.journal("44.api")
    assert not canaries.look(house.shop, place)
    assert portals.journal("44.api") == served


def test_only_listed_routes_are_due_and_only_after_their_interval(house: House) -> None:
    house.point_at({"44.api": {"base_url": "http://127.0.0.1:9", "hosts": {}, "keys": {}}})
    place = Place("44", Route.API)
    assert canaries.watched(house.shop) == canaries.due(house.shop) == [place]
    house.shop.canaries.set_out(place)
    assert canaries.due(house.shop) == []


def agreed(shop: Workshop) -> Authorization:
    intake = Intake(shop, Dispatch(lambda _: None, lambda _: None, lambda place, at: None))
    application = Application(
        tenant="bank",
        taxpayer_id="91310000MA1FL8XQ37",
        region="31",
        scopes=default_scopes(today()),
        product="general",
        amount_fen=50_000_000,
        term_months=12,
    )
    submitted = submit(shop, application, {"name": "沙盒"}, actor="test").authorization
    text = shop.ledger.consent(submitted.consent_id).text
    return intake.agree(submitted.id, text.sha256, actor="borrower")


def test_a_field_that_is_gone_from_a_payload_is_reported_by_region_route_and_dataset(house: House) -> None:
    shop, current = house.shop, agreed(house.shop)
    body = orjson.loads(GOLDEN.read_bytes())
    for invoice in body["fpxx"]:
        invoice["lx"] = invoice.pop("fplx")
    ref = shop.vault.seal(current.vault_owner, "raw", orjson.dumps(body), key_class=KeyClass.DATA)
    scopes = shop.ledger.consent(current.consent_id)
    period = scopes.scopes[Dataset.INVOICE]
    page = {
        "ref": ref,
        "format": "gateway.invoice",
        "locator": "invoice.query",
        "sequence": 0,
        "type": "application/json",
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "fetched_at": now().isoformat(),
        "total": len(body["fpxx"]),
    }
    collected = Collected(Dataset.INVOICE, period, Route.API, [page], None, None, now())
    for state in (State.WORKING, State.GRANTED):
        shop.ledger.move(current.id, state, actor="test")
    shop.casefile.commit_collection(current, collected, scopes.revision)
    with HeadStart(shop, current.id) as ahead:
        normalize(shop, current.id, ahead)
    (drift,) = doctor.examine(shop).drifts
    assert (drift.place, drift.step) == (Place("31", Route.API), "invoice")
    assert list(drift.changed) == [
        "gateway.invoice: field `invoice.fpxx.fplx` is gone",
        "gateway.invoice: new field `invoice.fpxx.lx`",
    ]


def test_sign_ins_that_met_another_page_are_reported_until_one_is_granted(house: House) -> None:
    shop, current = house.shop, agreed(house.shop)
    for _ in range(2):
        attempt = shop.attempts.begin(current, Route.API, "first")
        met = {"error_code": "page_changed", "detail": "expected sms, met an unknown page"}
        shop.attempts.end(attempt, current.id, "failed", **met)
    (drift,) = doctor.examine(shop).drifts
    assert (drift.place, drift.step, drift.times) == (Place("31", Route.API), "sign_in", 2)
    assert list(drift.changed) == ["expected sms, met an unknown page"]
    granted = shop.attempts.begin(current, Route.API, "first")
    shop.attempts.end(granted, current.id, "granted")
    assert not doctor.examine(shop).drifts
