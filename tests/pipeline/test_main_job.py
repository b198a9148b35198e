"""One tap in, one scored file out, by either route."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING

import pytest

from authz.authorization import Authorization, Progress, State
from authz.consent import ConsentState
from demo.processes import wait_for
from schema.dataset import USUAL, Dataset, Route
from schema.errors import KeyDestroyed, SecretSpent

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.testing.person import Person

_next = count()


def someone(desk: Desk, portal: str) -> Person:
    """A person that no other test has taken."""
    found = desk.people(portal)
    return found[next(_next) % len(found)]


@pytest.mark.browser
@pytest.mark.parametrize(("portal", "route"), [("31.api", Route.API), ("51.rpa", Route.RPA)])
def test_one_tap_in_one_scored_file_out(desk: Desk, portal: str, route: Route) -> None:
    person = someone(desk, portal)
    done = desk.accompany(person, desk.submit(person).id)
    assert (done.state, done.progress, done.route) == (State.GRANTED, Progress.DONE, route), desk.events(
        done.id
    )
    collected = desk.shop.casefile.collections(done.id, 1)
    assert {each.dataset for each in collected} == set(USUAL)
    assert all(each.missing is None for each in collected)
    snapshot = desk.shop.casefile.snapshot(done.id)
    assert snapshot is not None
    assert snapshot.tables["invoice"]["rows"] >= 30
    scored = desk.shop.casefile.score(done.id)
    assert scored is not None
    result = json.loads(desk.shop.vault.unseal(scored["result_ref"]))
    assert result["calibrated"] is False
    assert result["policy_hash"] == scored["policy_hash"]
    assert result["indicators"]
    assert len(desk.journal(portal, "grant_made", person)) == 1


@pytest.mark.browser
def test_the_router_falls_back_from_api_to_pages_when_the_api_is_down(desk: Desk) -> None:
    person = someone(desk, "44.rpa")
    desk.portals.fault("44.api", "down")
    try:
        done = desk.accompany(person, desk.submit(person).id)
    finally:
        desk.portals.clear()
    assert (done.state, done.route) == (State.GRANTED, Route.RPA), desk.events(done.id)
    attempts = desk.shop.attempts.of(done.id)
    assert attempts[0]["route"] == Route.API
    assert attempts[0]["outcome"] == "failed"
    assert attempts[1]["why"] == f"fallback/api:{attempts[0]['error_code']}"


@pytest.mark.browser
def test_a_wrong_password_stops_and_is_never_sent_again(desk: Desk) -> None:
    person = someone(desk, "51.rpa")
    wrong = {"person_id": person.person_id, "password": "Not-my-password-1"}
    id = desk.submit(person).id
    asked = desk.question(id)
    assert asked is not None
    desk.answer(person, asked, **wrong)
    done = desk.accompany(person, id)
    assert (done.state, done.error_code) == (State.FAILED, "credentials_rejected"), desk.events(id)
    assert len(desk.journal("51.rpa", "sign_in_rejected", person)) == 1

    desk.intake.rerun(id, actor="operator")
    asked = desk.question(id)
    assert asked is not None
    with pytest.raises(SecretSpent):
        desk.answer(person, asked, **wrong)
    done = desk.accompany(person, id)
    assert (done.state, done.run) == (State.GRANTED, 2), desk.events(id)
    assert len(desk.journal("51.rpa", "sign_in_rejected", person)) == 1


def test_a_wrong_sms_code_is_asked_for_again(desk: Desk) -> None:
    person = someone(desk, "31.api")
    id = desk.submit(person).id
    first = desk.question(id)
    assert first is not None
    right = desk.portals.sms_code(person.phone)
    desk.answer(person, first, code="000000" if right != "000000" else "111111")
    second = desk.question(id)
    assert second is not None
    assert second.retry
    assert desk.shop.challenges.get(first.id).state == "rejected"
    assert desk.accompany(person, id).state is State.GRANTED


def test_a_withdrawal_destroys_what_was_read_and_tells_the_portal(desk: Desk) -> None:
    person = someone(desk, "31.api")
    done = desk.accompany(person, desk.submit(person, periodic=True).id)
    snapshot = desk.shop.casefile.snapshot(done.id)
    assert snapshot is not None
    desk.intake.withdraw(done.id, actor="borrower")
    wait_for(lambda: "consent.shredded" in str(desk.events(done.id)), "nothing was shredded")
    for table in snapshot.tables.values():
        with pytest.raises(KeyDestroyed):
            desk.shop.vault.unseal(table["ref"])
    assert len(desk.journal("31.api", "grant_revoked", person)) == 1
    assert desk.shop.ledger.consent(done.consent_id).state is ConsentState.WITHDRAWN


API, PAGES = ("31.api", "/yspt/v1/invoice.query"), ("51.rpa", "/dppt/fpcx")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("portal", "path", "fault", "code"),
    [
        (*API, "layout_changed", "contract_changed"),
        (*API, "truncated", "data_corrupt"),
        (*PAGES, "layout_changed", "page_changed"),
        ("51.rpa", "/dppt/fpcx/export", "truncated", "data_corrupt"),
    ],
)
def test_a_dataset_that_cannot_be_read_is_missing_alone(
    desk: Desk, portal: str, path: str, fault: str, code: str
) -> None:
    person = someone(desk, portal)
    id, done = struck_before_the_grant(desk, person, portal, path, fault)
    collected = {each.dataset: each for each in desk.shop.casefile.collections(id, 1)}
    assert {each for each in USUAL if each in collected and collected[each].missing is None} >= {
        Dataset.TAXPAYER,
        Dataset.TAX_CREDIT_RATING,
        Dataset.TAX_RETURN,
    }, desk.events(id)
    snapshot = desk.shop.casefile.snapshot(id)
    assert snapshot is not None
    assert Dataset.INVOICE in snapshot.missing
    assert code in {collected[Dataset.INVOICE].error_code, *(f.code for f in snapshot.findings)}
    assert desk.shop.casefile.score(id) is not None
    assert done.state is State.GRANTED
    changed = {(str(each.place), each.dataset) for each in desk.shop.changes.open()}
    assert fault != "layout_changed" or (portal, Dataset.INVOICE) in changed


@pytest.mark.browser
@pytest.mark.parametrize(("portal", "path"), [("31.api", "/yspt/v1/vat.query"), ("51.rpa", "/etax/sbcx")])
def test_a_portal_that_shows_another_company_stops_the_run_and_keeps_what_was_collected(
    desk: Desk, portal: str, path: str
) -> None:
    person = someone(desk, portal)
    id, done = struck_before_the_grant(desk, person, portal, path, "wrong_company")
    assert (done.state, done.error_code) == (State.FAILED, "wrong_taxpayer"), desk.events(id)
    collected = {each.dataset for each in desk.shop.casefile.collections(id, 1)}
    assert Dataset.TAX_RETURN not in collected
    assert Dataset.INVOICE in collected


def struck_before_the_grant(
    desk: Desk, person: Person, portal: str, path: str, fault: str
) -> tuple[str, Authorization]:
    """A run whose portal goes wrong at one path while the last question is open."""
    id = desk.submit(person).id
    while (asked := desk.question(id)) is not None and asked.kind != "sms_code":
        desk.answer(person, asked)
        wait_for(lambda asked=asked: desk.settled(asked), f"{asked.kind} hangs: {desk.events(id)}")
    desk.portals.fault(portal, fault, path=path)
    try:
        return id, desk.accompany(person, id)
    finally:
        desk.portals.clear()
