"""A borrower may revoke at the portal, which tells nobody: it is asked, and the authorization ends there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from authz.application import Application
from authz.authorization import Authorization, State
from connectors.interface import AuthorizationRequest, Challenge, Connector, Grant
from connectors.registry import connect, endpoint
from connectors.testing.portals import Portals
from schema.clock import today
from schema.dataset import Dataset, Route
from schema.errors import StateConflict
from settings import Settings
from stages import standing
from stages.application import default_scopes
from stages.dispatch import Dispatch
from stages.intake import Intake
from stages.submission import submit
from stages.upkeep import Upkeep
from stages.workshop import Workshop
from store import tables
from store.database import now
from vault.reference import KeyClass


class Bank:
    """A workshop at a sandbox gateway, with an authorization that the portal granted."""

    def __init__(self, shop: Workshop, portals: Portals) -> None:
        self.shop, self.portals = shop, portals
        dispatch = Dispatch(lambda leg: None, lambda disposal: None, lambda place, at: None)
        self.intake, self.upkeep = Intake(shop, dispatch), Upkeep(shop, dispatch)
        self.company = portals.companies("44.api")[0]
        self.current = self.agreed()
        self.grant = self.granted()

    def agreed(self) -> Authorization:
        id = self.company["taxpayer_id"]
        application = Application("bank", id, "44", default_scopes(today()), "general", 1, 12, periodic=True)
        done = submit(self.shop, application, {}, actor="test").authorization
        text = self.shop.ledger.consent(done.consent_id).text
        return self.intake.agree(done.id, text.sha256, actor="borrower")

    def connector(self) -> Connector:
        return connect(endpoint("44", Route.API, self.portals.endpoints), self.shop.tools)

    def granted(self) -> Grant:
        shop, id = self.shop, self.current.id
        request = standing._request(shop, self.current)
        with closing(self.connector()) as connector:
            flow = connector.authorize(request)
            assert isinstance(flow.advance(None), Challenge)
            grant = flow.advance({"code": self.portals.sms_code(self.company["people"][0]["phone"])})
        assert isinstance(request, AuthorizationRequest)
        assert isinstance(grant, Grant)
        ref = shop.vault.seal(self.current.vault_owner, "grant", grant.secret, key_class=KeyClass.CREDENTIAL)
        shop.ledger.move(id, State.WORKING, actor="test")
        with shop.store.begin() as connection:
            shop.grants.keep(connection, id, Route.API, grant, ref)
            shop.ledger.move(id, State.GRANTED, actor="portal", connection=connection, route=Route.API)
        return grant

    def a_day_passes(self) -> None:
        with self.shop.store.begin() as connection:
            long_ago = now() - timedelta(hours=25)
            connection.execute(update(tables.grant).values(granted_at=long_ago, stood_at=long_ago))

    @property
    def state(self) -> State:
        return self.shop.ledger.authorization(self.current.id).state


@pytest.fixture(scope="module")
def portals(start_sandbox: Callable[..., Portals]) -> Portals:
    return start_sandbox("--regions", "44", "--families", "gateway", "--count", "1", "--invoices", "4")


@pytest.fixture
def bank(portals: Portals, tmp_path: Path) -> Iterator[Bank]:
    portals.clear()
    (tmp_path / "endpoints.json").write_text(json.dumps(portals.endpoints))
    environment = {"TAXLINK_HOME": str(tmp_path), "TAXLINK_ENDPOINTS": str(tmp_path / "endpoints.json")}
    shop = Workshop(Settings.from_environment(environment), name="test")
    yield Bank(shop, portals)
    shop.close()
    portals.clear()


def test_a_grant_revoked_at_the_portal_ends_the_authorization_and_opens_nothing(bank: Bank) -> None:
    assert bank.upkeep.ask_standing() == 0, "the portal was heard of it today"
    bank.a_day_passes()
    assert bank.upkeep.ask_standing() == 0
    assert bank.state is State.GRANTED
    with closing(bank.connector()) as connector:
        connector.revoke(bank.grant, bank.company["taxpayer_id"])
    assert bank.upkeep.ask_standing() == 0, "not yet asked again"
    bank.a_day_passes()
    assert bank.upkeep.ask_standing() == 1
    ended = bank.shop.ledger.authorization(bank.current.id)
    assert (ended.state, ended.error_code) == (State.REVOKED_AT_PORTAL, "grant_revoked")
    period = bank.shop.consents.scopes(ended)[Dataset.INVOICE]
    with pytest.raises(StateConflict):
        bank.shop.casefile.open_gate(ended, Dataset.INVOICE, period)
    assert bank.upkeep.ask_standing() == 0


def test_a_portal_that_is_down_says_nothing_of_the_grant(bank: Bank) -> None:
    bank.a_day_passes()
    bank.portals.fault("44.api", "down")
    assert bank.upkeep.ask_standing() == 0
    assert bank.state is State.GRANTED
