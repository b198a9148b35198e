"""A returning borrower: one tap and no question while the portal still knows the session."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from authz.authorization import Progress, State
from demo.processes import wait_for
from schema.dataset import Dataset, Route
from schema.period import Period
from vault.sessions import PortalSessions

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.testing.person import Person

SCOPES = {Dataset.TAXPAYER: Period(start=date(2026, 1, 1), end=date(2026, 6, 30))}


def questions(desk: Desk, id: str) -> int:
    return sum(event.startswith("challenge.opened") for event in desk.events(id))


def apply(desk: Desk, person: Person) -> str:
    """An application to its end. The consent is periodic, so that its session outlives the run."""
    id = desk.submit(person, periodic=True, scopes=SCOPES).id
    done = desk.accompany(person, id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    return id


@pytest.mark.browser
def test_a_returning_borrower_signs_in_once_until_the_session_or_the_consent_ends(desk: Desk) -> None:
    portal = "51.rpa"
    person = desk.people(portal)[-1]
    before = len(desk.journal(portal, "session_started", person))

    def sign_ins() -> int:
        return len(desk.journal(portal, "session_started", person)) - before

    first = apply(desk, person)
    assert questions(desk, first) >= 3

    second = apply(desk, person)
    assert questions(desk, second) == 0, desk.events(second)
    assert sign_ins() == 1
    assert any(event.startswith("session.reused") for event in desk.events(second))

    desk.portals.fault(portal, "session_lost", times=1)
    third = apply(desk, person)
    assert questions(desk, third) >= 3, "the portal had dropped the session"
    assert sign_ins() == 2
    assert questions(desk, apply(desk, person)) == 0

    owner = desk.shop.ledger.authorization(third).consent_id
    assert PortalSessions(desk.shop.vault).open(owner, person.region, Route.RPA) is not None
    desk.intake.withdraw(third, actor="borrower")
    wait_for(lambda: "consent.shredded" in str(desk.events(third)), "nothing was shredded")
    assert desk.shop.sessions.find(desk.shop.ledger.authorization(first), Route.RPA, person.person_id) is None
    assert questions(desk, apply(desk, person)) >= 3, "a session ends with the consent it was opened under"
