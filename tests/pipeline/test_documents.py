"""A bank's statement, handed in after the score, is scored with what the portal gave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from authz.authorization import Authorization, Progress, State
from authz.consent.classes import Party
from demo.processes import wait_for
from schema.clock import today
from schema.dataset import USUAL, Dataset, Missing
from schema.errors import KeyDestroyed
from schema.period import add_months
from stages.application import default_period
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import Entry, as_csv

if TYPE_CHECKING:
    from conftest import Desk

PORTAL = "44.api"
FLOW = "op_inflow"


def statement(months: int = 14) -> bytes:
    """Money in and out of a synthetic company's account, a year and more, in a bank's own layout."""
    given, balance = [], 500_000_00
    for month in range(months, 0, -1):
        for day, signed in ((3, 80_000_00), (11, -30_000_00), (21, 20_000_00)):
            balance += signed
            on = add_months(today().replace(day=1), -month).replace(day=day)
            given.append(Entry(on, signed, balance, f"沙盒客户{day}有限公司"))
    return as_csv(BANKS["cib"](given))


def result(desk: Desk, current: Authorization) -> dict[str, Any]:
    scored = desk.shop.casefile.score(current.id, current.run)
    assert scored is not None
    whole: dict[str, Any] = json.loads(desk.shop.vault.unseal(scored["result_ref"]))
    return whole


def flow(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found["indicators"].items() if name.startswith(FLOW)}


def test_a_statement_handed_in_after_the_score_is_scored(desk: Desk) -> None:
    person = desk.people(PORTAL)[-1]
    id = desk.submit(
        person, scopes=dict.fromkeys((*USUAL, Dataset.BANK_TRANSACTION), default_period(today()))
    ).id
    letter = desk.shop.consents.asked(id, Party.BORROWER)
    assert letter is not None
    desk.intake.agree(id, letter.text.sha256, actor="borrower")
    first = desk.accompany(person, id)
    assert (first.state, first.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    held = desk.shop.casefile.snapshot(id, 1)
    assert held is not None
    assert held.missing == {Dataset.BANK_TRANSACTION: Missing.NOT_AVAILABLE}
    asked_for = len(desk.portals.journal(PORTAL, "page_served"))
    assert asked_for

    (handed,) = desk.intake.hand_in(id, "流水.csv", statement(), actor="caller:key_test")
    assert handed.error is None
    wait_for(lambda: desk.shop.casefile.score(id, 2), f"not scored anew: {desk.events(id)}")
    wait_for(lambda: desk.over(id) and desk.shop.ledger.authorization(id).state is State.GRANTED, "hangs")
    held = desk.shop.casefile.snapshot(id, 2)
    assert held is not None
    assert (held.missing, held.tables["bank_transaction"]["rows"]) == ({}, 42)
    assert held.tables["invoice"] is not None
    before, after = flow(result(desk, first)), flow(result(desk, desk.shop.ledger.authorization(id)))
    assert set(before) == set(after)
    assert before != after, before
    assert len(desk.portals.journal(PORTAL, "page_served")) == asked_for, (
        "nothing is read at the portal again"
    )

    kept = desk.shop.documents.of(id)[0]
    assert (kept.run, kept.dataset) == (2, Dataset.BANK_TRANSACTION)
    desk.intake.withdraw(id, actor="borrower")
    wait_for(lambda: "consent.shredded" in str(desk.events(id)), "nothing was shredded")

    def destroyed() -> bool:
        try:
            desk.shop.vault.unseal(kept.page_ref or "")
        except KeyDestroyed:
            return True
        return False

    wait_for(destroyed, "the file can still be opened")
