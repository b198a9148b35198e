"""Consents are suspended, amended, ended and destroyed as the design says, with who and why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from authz import clock, gate
from authz.application import Application, letter, letters
from authz.authorization import Authorization, State
from authz.casefile import Collected
from authz.consent import Consent, ConsentState, DataClass, Disposal, Frequency, Party, Terms
from authz.consent.classes import class_of
from schema.dataset import Dataset, Missing, Route
from schema.errors import (
    ClockMovedBack,
    ConsentMissing,
    ConsentSuspended,
    ConsentTextMismatch,
    ConsentWithdrawn,
    ScopeDenied,
    StateConflict,
)
from schema.period import Period
from store.database import new_id, now
from tests.authz.conftest import COMPANY, INSTITUTIONS, PERIOD

if TYPE_CHECKING:
    from conftest import Desk

OWNER = Party.LEGAL_REPRESENTATIVE


def read(
    desk: Desk, current: Authorization, dataset: Dataset = Dataset.INVOICE, token: int | None = None
) -> None:
    """One dataset, from the gate to the commit."""
    period = desk.consents.scopes(current)[dataset]
    if token is None:
        token = desk.casefile.open_gate(current, dataset, period)
    done = Collected(dataset, period, Route.API, [{"ref": "x"}], None, None, now())
    desk.casefile.commit_collection(current, done, token)


def states(desk: Desk, id: str) -> dict[str, ConsentState]:
    return {each.id: each.state for each in desk.consents.of(id)}


def reasons(desk: Desk, id: str) -> list[tuple[str, str, str]]:
    moved = [each["data"] for each in desk.ledger.events(id) if each["kind"] == "consent.moved"]
    return [(each["from"], each["to"], each["reason"]) for each in moved]


# --- suspension ---


def test_a_suspended_consent_opens_nothing_until_it_is_resumed(desk: Desk) -> None:
    current = desk.granted()
    desk.consents.suspend(current.id, actor="borrower")
    with pytest.raises(ConsentSuspended):
        read(desk, current)
    desk.consents.resume(current.id, actor="borrower")
    read(desk, current)
    assert reasons(desk, current.id)[1:] == [
        ("active", "suspended", "paused"),
        ("suspended", "active", "resumed"),
    ]


def test_a_fetch_in_flight_loses_to_a_suspension_even_when_it_is_over_by_then(desk: Desk) -> None:
    current = desk.granted()
    token = desk.casefile.open_gate(current, Dataset.INVOICE, PERIOD)
    desk.consents.suspend(current.id, actor="bank", reason="disputed")
    desk.consents.resume(current.id, actor="bank")
    with pytest.raises(ConsentWithdrawn):
        read(desk, current, token=token)


def test_a_change_of_state_needs_one_of_its_reasons(desk: Desk) -> None:
    current = desk.granted()
    with pytest.raises(StateConflict):
        desk.consents.suspend(current.id, actor="bank", reason="because")
    with pytest.raises(StateConflict):
        desk.consents.resume(current.id, actor="bank")


# --- the gate at the commit ---


def test_a_fetch_in_flight_loses_to_a_withdrawal_at_its_commit(desk: Desk) -> None:
    current = desk.granted()
    token = desk.casefile.open_gate(current, Dataset.INVOICE, PERIOD)
    desk.consents.withdraw(current.id, actor="borrower")
    with pytest.raises(ConsentWithdrawn):
        read(desk, current, token=token)
    assert desk.casefile.collections(current.id, 1) == []


def test_a_dataset_is_read_no_more_often_than_agreed(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    read(desk, current)
    again = desk.ledger.next_run(current.id, State.REFRESHING, actor="scheduler", trigger=current.trigger)
    with pytest.raises(ScopeDenied):
        read(desk, again)


def test_what_an_earlier_run_has_in_flight_does_not_land_in_a_later_one(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    token = desk.casefile.open_gate(current, Dataset.INVOICE, PERIOD)
    desk.ledger.next_run(current.id, State.REFRESHING, actor="scheduler", trigger=current.trigger)
    with pytest.raises(StateConflict):
        read(desk, current, token=token)


def test_of_a_withdrawal_and_a_commit_at_once_whichever_is_second_knows_of_the_first(desk: Desk) -> None:
    for _ in range(6):
        current = desk.granted()
        token = desk.casefile.open_gate(current, Dataset.INVOICE, PERIOD)
        both = Barrier(2)

        def commit(current: Authorization = current, token: int = token, both: Barrier = both) -> bool:
            both.wait()
            try:
                read(desk, current, token=token)
            except ConsentWithdrawn:
                return False
            return True

        with ThreadPoolExecutor(1) as beside:
            landing = beside.submit(commit)
            both.wait()
            desk.consents.withdraw(current.id, actor="borrower")
        told = [event["kind"] for event in desk.ledger.events(current.id)]
        kept = desk.casefile.collections(current.id, 1)
        assert landing.result() == bool(kept) == ("dataset.collected" in told)
        if kept:
            assert told.index("dataset.collected") < len(told) - 1 - told[::-1].index("consent.moved")


def test_a_withdrawal_is_taken_whatever_the_clock_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    current = desk.granted()
    monkeypatch.setattr(clock, "now", lambda: now() - timedelta(days=3))
    with pytest.raises(ClockMovedBack):
        desk.casefile.open_gate(current, Dataset.INVOICE, PERIOD)
    assert desk.consents.withdraw(current.id, actor="borrower").state is State.CLOSED


# --- amendment ---

NARROWER = Period(start=date(2025, 1, 1), end=date(2026, 10, 31))


def amended(desk: Desk, current: Authorization, scope: Period = NARROWER) -> Consent:
    """Other terms, asked for."""
    held = desk.ledger.consent(current.consent_id)
    terms = Terms("loan_application", {Dataset.INVOICE: scope}, True, Frequency(2, "day"), 200, 100)
    drawn = letter(
        new_id("con"), COMPANY, held.party, held.data_class, INSTITUTIONS, terms, now(),
        version=held.version + 1, supersedes=held.id,
    )  # fmt: skip
    with desk.engine.begin() as connection:
        desk.consents.amend(connection, current.id, drawn, actor="bank")
    return desk.ledger.consent(drawn.id)


def test_an_amendment_supersedes_the_consent_once_something_was_read_under_it(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    first = current.consent_id
    second = amended(desk, current)
    assert desk.ledger.authorization(current.id).consent_id == first, "nobody has agreed yet"
    trying = desk.consents.agree(current.id, second.text.sha256, actor="borrower")
    assert (trying.state, trying.run, trying.consent_id) == (State.REFRESHING, 2, second.id)
    assert states(desk, current.id) == {first: ConsentState.ACTIVE, second.id: ConsentState.ACTIVE}
    read(desk, trying)
    assert states(desk, current.id) == {first: ConsentState.SUPERSEDED, second.id: ConsentState.ACTIVE}
    after = desk.ledger.authorization(current.id)
    assert (after.consent_id, after.amendment_id) == (second.id, None)
    artefact = desk.consents.signed(after, desk.ledger.consent(second.id)).artefact
    assert (artefact.agreement.version, artefact.agreement.supersedes) == (2, first)


def test_a_dataset_that_is_missing_proves_no_amendment(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    trying = desk.consents.agree(current.id, amended(desk, current).text.sha256, actor="borrower")
    gone = Collected(Dataset.INVOICE, NARROWER, Route.API, [], Missing.NOT_AVAILABLE, "data_corrupt", now())
    desk.casefile.commit_collection(trying, gone, 0)
    assert desk.ledger.consent(current.consent_id).state is ConsentState.ACTIVE


def test_the_old_consent_goes_on_when_the_amendment_does_not_work(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    second = amended(desk, current)
    trying = desk.consents.agree(current.id, second.text.sha256, actor="borrower")
    desk.ledger.move(trying.id, State.FAILED, actor="pipeline", error_code="scope_denied")
    desk.consents.end(
        current.id, ConsentState.WITHDRAWN, actor="bank", reason="amendment_dropped", consent_id=second.id
    )
    back = desk.ledger.authorization(current.id)
    assert back.consent_id == current.consent_id
    assert desk.ledger.consent(back.consent_id).state is ConsentState.ACTIVE
    assert [each.id for each in desk.consents.to_shred(current.id)] == [second.id]
    assert back.state is State.FAILED, "and may be run again"


def test_a_second_amendment_waits_beside_the_first_that_has_worked(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    trying = desk.consents.agree(current.id, amended(desk, current).text.sha256, actor="borrower")
    read(desk, trying)
    second = desk.ledger.authorization(current.id)
    third = amended(desk, second)
    assert desk.ledger.authorization(current.id).consent_id == second.consent_id != third.id


def test_an_amendment_that_the_borrower_declines_changes_nothing(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    second = amended(desk, current)
    desk.consents.end(
        current.id, ConsentState.REJECTED, actor="borrower", reason="declined", consent_id=second.id
    )
    assert desk.ledger.authorization(current.id) == replace(
        current, updated_at=desk.ledger.authorization(current.id).updated_at
    )
    read(desk, current)


def test_the_run_under_an_amendment_reads_no_more_than_it_says(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    trying = desk.consents.agree(current.id, amended(desk, current).text.sha256, actor="borrower")
    with pytest.raises(ScopeDenied):
        desk.casefile.open_gate(trying, Dataset.INVOICE, PERIOD)


def test_a_withdrawal_ends_the_amendment_too(desk: Desk) -> None:
    current = desk.granted(periodic=True)
    second = amended(desk, current)
    desk.consents.agree(current.id, second.text.sha256, actor="borrower")
    closed = desk.consents.withdraw(current.id, actor="borrower")
    assert closed.state is State.CLOSED
    assert set(states(desk, current.id).values()) == {ConsentState.WITHDRAWN}
    assert len(desk.consents.to_shred(current.id)) == 2


# --- several parties, several classes ---


def several(desk: Desk) -> Authorization:
    """Tax data and a credit report: the company consents to each, its legal representative to the report."""
    scopes = dict.fromkeys((Dataset.INVOICE, Dataset.CREDIT_REPORT), PERIOD)
    application = Application("bank", COMPANY, "31", scopes, "general", 50_000_000, 12)
    drawn = letters(application, lambda each: INSTITUTIONS, lambda: new_id("con"), now())
    with desk.engine.begin() as connection:
        return desk.ledger.open(connection, application, drawn, actor="test", id=new_id("auth"))


def say_yes(desk: Desk, current: Authorization, party: Party) -> Authorization:
    asked = desk.consents.asked(current.id, party)
    assert asked is not None
    return desk.consents.agree(current.id, asked.text.sha256, actor=party, party=party)


def test_each_class_of_data_and_each_person_has_a_consent_of_its_own(desk: Desk) -> None:
    asked = desk.consents.of(several(desk).id)
    assert [(each.party, each.data_class, set(each.scopes)) for each in asked] == [
        (Party.BORROWER, DataClass.TAX, {Dataset.INVOICE}),
        (Party.BORROWER, DataClass.CREDIT, {Dataset.CREDIT_REPORT}),
        (OWNER, DataClass.CREDIT, {Dataset.CREDIT_REPORT}),
    ]
    assert len({each.text.sha256 for each in asked}) == 3
    assert "法定代表人" in asked[2].text.zh


def test_nothing_begins_until_everybody_has_decided(desk: Desk) -> None:
    current = several(desk)
    assert say_yes(desk, current, Party.BORROWER).state is State.REQUESTED
    assert say_yes(desk, current, Party.BORROWER).state is State.REQUESTED
    assert say_yes(desk, current, OWNER).state is State.PLANNING


def test_nobody_agrees_for_another(desk: Desk) -> None:
    current = several(desk)
    theirs = desk.consents.asked(current.id, OWNER)
    assert theirs is not None
    with pytest.raises(ConsentTextMismatch):
        desk.consents.agree(current.id, theirs.text.sha256, actor="borrower", party=Party.BORROWER)


def test_a_borrower_may_agree_to_one_class_and_not_to_another(desk: Desk) -> None:
    current = several(desk)
    say_yes(desk, current, Party.BORROWER)
    report = desk.consents.asked(current.id, Party.BORROWER)
    assert report is not None
    desk.consents.end(
        current.id, ConsentState.REJECTED, actor="borrower", reason="declined", consent_id=report.id
    )
    begun = say_yes(desk, current, OWNER)
    for state in (State.WORKING, State.GRANTED):
        begun = desk.ledger.move(current.id, state, actor="test")
    read(desk, begun)
    with pytest.raises(ConsentMissing):
        read(desk, begun, Dataset.CREDIT_REPORT)


def test_who_does_not_agree_keeps_their_data_closed_and_nothing_else(desk: Desk) -> None:
    current = several(desk)
    for _ in range(2):
        say_yes(desk, current, Party.BORROWER)
    theirs = desk.consents.asked(current.id, OWNER)
    assert theirs is not None
    begun = desk.consents.end(
        current.id, ConsentState.REJECTED, actor="owner", reason="declined", consent_id=theirs.id
    )
    assert begun.state is State.PLANNING
    for state in (State.WORKING, State.GRANTED):
        begun = desk.ledger.move(current.id, state, actor="test")
    read(desk, begun)
    with pytest.raises(ConsentMissing):
        read(desk, begun, Dataset.CREDIT_REPORT)


def test_the_gate_fences_with_every_consent_that_the_dataset_needs(desk: Desk) -> None:
    current = several(desk)
    for party in (Party.BORROWER, Party.BORROWER, OWNER):
        say_yes(desk, current, party)
    for state in (State.WORKING, State.GRANTED):
        current = desk.ledger.move(current.id, state, actor="test")
    token = desk.casefile.open_gate(current, Dataset.CREDIT_REPORT, PERIOD)
    used = desk.consents.proven(current)
    assert token == max(each.revision for each in gate.relied_on(used, Dataset.CREDIT_REPORT))
    theirs = next(each for each in used if each.party is OWNER)
    desk.consents.withdraw(current.id, actor=OWNER)
    assert desk.ledger.consent(theirs.id).state is ConsentState.WITHDRAWN
    with pytest.raises(ConsentWithdrawn):
        read(desk, current, Dataset.CREDIT_REPORT, token=token)


def test_every_dataset_belongs_to_one_class() -> None:
    assert {class_of(dataset) for dataset in Dataset} <= set(DataClass)


# --- disposal ---


def test_what_is_shredded_was_marked_first_and_its_proof_is_on_record(desk: Desk) -> None:
    current = desk.granted()
    held = desk.ledger.consent(current.consent_id)
    with pytest.raises(StateConflict):
        desk.consents.shredded(held, {}, actor="pipeline")
    desk.consents.withdraw(current.id, actor="borrower")
    (pending,) = desk.consents.to_shred(current.id)
    proof = desk.vault.destroy_all(pending.id)[0]
    for _ in range(2):
        desk.consents.shredded(pending, {proof.key_class: {"signature": proof.signature}}, actor="pipeline")
    assert desk.ledger.consent(held.id).disposal is Disposal.SHREDDED
    told = [each for each in desk.ledger.events(current.id) if each["kind"] == "consent.shredded"]
    assert len(told) == 1
    assert told[0]["data"]["proofs"]["credential"]["signature"] == proof.signature
