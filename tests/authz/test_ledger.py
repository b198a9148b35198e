"""Authorizations and consents in the store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from authz.authorization import State, Trigger
from authz.casefile import Collected
from authz.consent import ConsentState
from schema.dataset import Dataset, Route
from schema.errors import AuthorizationUnknown, ConsentTextMismatch, StateConflict
from store import tables
from store.database import now

if TYPE_CHECKING:
    from conftest import Desk


def test_the_tap_starts_the_first_leg_and_a_second_tap_changes_nothing(desk: Desk) -> None:
    opened = desk.open()
    first = desk.consents.agree(opened.id, desk.text_hash(opened), actor="borrower")
    second = desk.consents.agree(opened.id, desk.text_hash(opened), actor="borrower")
    assert (first.state, first.leg) == (State.PLANNING, 1)
    assert second == first


def test_another_text_than_the_one_issued_is_not_agreed_to(desk: Desk) -> None:
    opened = desk.open()
    with pytest.raises(ConsentTextMismatch):
        desk.consents.agree(opened.id, "0" * 64, actor="borrower")
    assert desk.ledger.consent(opened.consent_id).state is ConsentState.AWAITING


def test_a_text_altered_in_the_store_is_not_agreed_to(desk: Desk) -> None:
    opened = desk.open()
    shown = desk.text_hash(opened)
    with desk.engine.begin() as connection:
        connection.execute(update(tables.consent).values(text_zh="本企业同意一切"))
    with pytest.raises(ConsentTextMismatch):
        desk.consents.agree(opened.id, shown, actor="borrower")


def test_every_change_of_state_is_an_event_and_an_audit_record_with_its_actor(desk: Desk) -> None:
    current = desk.agreed()
    desk.ledger.move(current.id, State.WORKING, actor="pipeline")
    kinds = [event["kind"] for event in desk.ledger.events(current.id)]
    assert kinds == ["authorization.requested", "consent.moved", "authorization.moved", "authorization.moved"]
    with desk.engine.connect() as connection:
        report = desk.ledger.audit.verify(connection)
    assert report.intact
    assert report.records == len(kinds)


def test_a_state_that_may_not_follow_leaves_everything_as_it_was(desk: Desk) -> None:
    opened = desk.open()
    with pytest.raises(StateConflict):
        desk.ledger.move(opened.id, State.GRANTED, actor="test")
    assert desk.ledger.authorization(opened.id) == opened


def test_the_id_survives_a_rerun(desk: Desk) -> None:
    current = desk.working()
    desk.ledger.move(current.id, State.FAILED, actor="test", error_code="portal_unavailable")
    again = desk.ledger.next_run(current.id, State.PLANNING, actor="operator", trigger=Trigger.OPERATIONS)
    assert (again.id, again.run, again.leg, again.error_code) == (current.id, 2, 1, None)


def test_a_withdrawal_closes_and_marks_the_data_for_destruction_once(desk: Desk) -> None:
    current = desk.granted()
    for _ in range(2):
        closed = desk.consents.end(current.id, ConsentState.WITHDRAWN, actor="borrower", reason="withdrawn")
    assert closed.state is State.CLOSED
    assert [due.id for due in desk.due.undisposed()] == [current.id]


def test_another_tenants_authorization_is_unknown(desk: Desk) -> None:
    opened = desk.open()
    with pytest.raises(AuthorizationUnknown):
        desk.ledger.authorization(opened.id, tenant="other")


def test_the_listing_pages_from_the_newest(desk: Desk) -> None:
    ids = [desk.open().id for _ in range(5)]
    first = desk.ledger.listing(tenant="bank", state=None, limit=3, after=None)
    second = desk.ledger.listing(tenant="bank", state=None, limit=3, after=first[-1].id)
    assert [each.id for each in (*first, *second)] == ids[::-1]


def test_only_a_granted_periodic_consent_is_refreshed_and_once_a_day(desk: Desk) -> None:
    desk.granted()
    periodic = desk.granted(periodic=True)
    assert desk.due.refreshable() == [periodic.id]
    consent = desk.ledger.consent(periodic.consent_id)
    read = Collected(Dataset.INVOICE, consent.scopes[Dataset.INVOICE], Route.API, [], None, None, now())
    desk.casefile.commit_collection(periodic, read, consent.revision)
    desk.casefile.keep_snapshot(periodic, {}, {}, (), now().date())
    assert desk.due.refreshable() == []


def test_an_unanswered_consent_is_overdue_when_its_last_link_is(desk: Desk) -> None:
    opened = desk.open()
    with desk.engine.begin() as connection:
        desk.links.issue(connection, opened.id)
    assert desk.due.overdue_consents() == []
    with desk.engine.begin() as connection:
        connection.execute(update(tables.link).values(expires_at=now() - timedelta(seconds=1)))
    assert desk.due.overdue_consents() == [desk.ledger.consent(opened.consent_id)]
