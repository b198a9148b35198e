"""A refresh whose session the portal has dropped: repaired by the person under the same id and consent, or
without anyone where the portal tells its grant again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from authz.authorization import Authorization, Progress, State
from authz.consent import Frequency
from demo.processes import wait_for
from schema.dataset import Dataset
from schema.period import Period
from store import tables
from store.database import now, reading
from vault.reference import KeyClass

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.testing.person import Person

PERIOD = Period(start=date(2026, 1, 1), end=date(2026, 6, 30))


def granted(desk: Desk, person: Person, *datasets: Dataset) -> Authorization:
    """Read once, under a consent that allows two reads a day."""
    secret = desk.shop.vault.seal("bank", "webhook", b"whsec_" + b"x" * 32, key_class=KeyClass.EVIDENCE)
    opened = desk.submit(
        person,
        periodic=True,
        frequency=Frequency(2, "day"),
        scopes=dict.fromkeys(datasets, PERIOD),
        callback_url="https://loans.example.com/taxlink",
        callback_secret_ref=secret,
    )
    done = desk.accompany(person, opened.id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(done.id)
    return done


def notices(desk: Desk, id: str) -> list[dict[str, object]]:
    query = select(tables.outbox.c.body).where(tables.outbox.c.authorization_id == id)
    with reading(desk.shop.store) as connection:
        return list(connection.scalars(query.order_by(tables.outbox.c.created_at)))


def refreshed(desk: Desk, id: str) -> bool:
    current = desk.shop.ledger.authorization(id)
    return (current.state, current.progress, current.run) == (State.GRANTED, Progress.DONE, 2)


@pytest.mark.browser
def test_the_person_repairs_it_and_the_next_refresh_is_due_as_usual(desk: Desk) -> None:
    person = desk.people("51.rpa")[-2]
    before = {kind: len(desk.journal("51.rpa", kind, person)) for kind in ("session_started", "grant_made")}
    first = granted(desk, person, Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING)
    desk.portals.fault("51.rpa", "session_lost", path="/etax/xydj", times=1)
    desk.upkeep.refresh(first.id, actor="scheduler")
    broken = desk.accompany(person, first.id)
    assert (broken.state, broken.error_code) == (State.NEEDS_REPAIR, "session_expired"), desk.events(first.id)
    wait_for(lambda: len(notices(desk, first.id)) == 2, "the bank was not told")
    told = notices(desk, first.id)[-1]
    assert told["type"] == "authorization.needs_repair"
    assert told["data"]["error"].items() >= {"actor": "borrower", "action": "reauthorize"}.items()
    assert first.id not in desk.shop.due.refreshable()

    desk.intake.rerun(first.id, actor="borrower")
    repaired = desk.accompany(person, first.id)
    assert (repaired.state, repaired.progress, repaired.run) == (State.GRANTED, Progress.DONE, 3), (
        desk.events(first.id)
    )
    assert (repaired.id, repaired.consent_id) == (first.id, first.consent_id)
    since = {kind: len(desk.journal("51.rpa", kind, person)) - seen for kind, seen in before.items()}
    assert since["session_started"] == 2
    assert since["grant_made"] <= 1
    read = [event for event in desk.events(first.id) if event.startswith("dataset.collected")]
    assert len(read) == 4, "what the broken run had read counts, and is not read a third time today"
    with desk.shop.store.begin() as connection:
        connection.execute(update(tables.snapshot).values(fetched_at=now() - timedelta(days=1)))
    assert first.id in desk.shop.due.refreshable()


def test_a_portal_that_tells_its_grant_again_needs_nobody(desk: Desk) -> None:
    person = desk.people("31.api")[-2]
    first = granted(desk, person, Dataset.TAXPAYER)
    asked = [event for event in desk.events(first.id) if event.startswith("challenge.opened")]
    desk.portals.fault("31.api", "session_lost", path="/yspt/v1/taxpayer.query", times=1)
    desk.upkeep.refresh(first.id, actor="scheduler")
    wait_for(lambda: refreshed(desk, first.id), f"not refreshed: {desk.events(first.id)}")
    assert [event for event in desk.events(first.id) if event.startswith("challenge.opened")] == asked
    assert desk.shop.attempts.of(first.id)[-1]["why"] == "renewal"
