"""The whole job over the OAuth data platform: approved in the tax app, whole to the fen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from authz.authorization import Progress, State
from connectors.interface import ChallengeKind
from demo.processes import wait_for
from sandbox.generator import generate
from schema.dataset import USUAL, Route
from schema.money import fen
from stages.normalize import opened

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "33.api"
SANDBOX = ("--regions", "33", "--families", "oauth", "--count", "3", "--invoices", "60")


def test_one_approval_in_the_app_one_scored_file_out(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk(*SANDBOX)
    desk.house.worker()
    person = desk.people(PORTAL)[0]
    id = desk.submit(person, periodic=True).id
    asked = desk.question(id)
    assert asked is not None
    assert asked.kind is ChallengeKind.APP_APPROVAL
    desk.intake.answer(id, asked.id, {})
    wait_for(lambda: desk.settled(asked), "the question hangs")
    again = desk.question(id)
    assert again is not None, "pressed too early: asked once more"
    assert again.retry
    done = desk.accompany(person, id)
    assert (done.state, done.progress, done.route) == (State.GRANTED, Progress.DONE, Route.API), desk.events(
        id
    )
    collected = desk.shop.casefile.collections(id, 1)
    assert {each.dataset for each in collected} == set(USUAL)
    assert all(each.missing is None for each in collected)
    assert len(desk.journal(PORTAL, "grant_made", person)) == 1
    assert_equal_to_the_portals(desk, person.taxpayer_id, id)
    desk.intake.withdraw(id, actor="borrower")
    wait_for(lambda: "consent.shredded" in str(desk.events(id)), "nothing was shredded")
    assert len(desk.journal(PORTAL, "grant_revoked", person)) == 1


def test_a_person_whom_the_bank_does_not_know_signs_in_at_the_platform(own_desk: Callable[..., Desk]) -> None:
    desk = own_desk(*SANDBOX)
    desk.house.worker()
    person = desk.people(PORTAL)[1]
    id = desk.submit(replace(person, person_id="")).id
    asked = desk.question(id)
    assert asked is not None
    assert asked.kind is ChallengeKind.REDIRECT
    done = desk.accompany(person, id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    assert_equal_to_the_portals(desk, person.taxpayer_id, id)


def assert_equal_to_the_portals(desk: Desk, taxpayer_id: str, id: str) -> None:
    """Counts and sums of the snapshot are those of the company that the sandbox generates from its seed."""
    made = generate("33", seed=7, count=3, today=date.today(), invoices_each=60)
    company = next(each for each in made if each.taxpayer_id == taxpayer_id)
    current, held = desk.shop.ledger.authorization(id), desk.shop.casefile.snapshot(id)
    assert held is not None
    snapshot = opened(desk.shop, current, held)
    invoices = snapshot.table("invoice")
    for direction, theirs in (("out", company.issued), ("in", company.received)):
        ours = invoices.filter(pl.col("direction") == direction)
        assert ours.height == len(theirs)
        for column, name in (("amount_fen", "amount"), ("tax_fen", "tax"), ("total_fen", "total")):
            assert ours[column].sum() == sum(fen(getattr(each, name)) for each in theirs)
    assert snapshot.table("tax_return").height == len(company.returns)
    assert snapshot.table("tax_credit_rating").height == len(company.ratings)
    assert snapshot.table("taxpayer")["name"].to_list() == [company.name]
