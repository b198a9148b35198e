"""What callers, operations and the scheduler start, without a worker: legs that would run are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import scheduler
from authz.application import Application
from authz.authorization import Authorization, State
from authz.consent import ConsentState
from connectors.interface import Challenge, ChallengeKind, Resume
from schema.dataset import Route
from schema.errors import IdempotencyConflict, KeyDestroyed, StateConflict, UnknownRegion
from settings import Settings
from stages.application import default_scopes
from stages.dispatch import Dispatch
from stages.dispose import dispose
from stages.intake import Intake
from stages.submission import submit
from stages.upkeep import Upkeep
from stages.workshop import Workshop
from store import tables
from store.database import now
from vault.reference import KeyClass

APPLICATION = Application(
    tenant="bank",
    taxpayer_id="91310000MA1FL8XQ37",
    region="31",
    scopes=default_scopes(date(2026, 11, 24)),
    product="general",
    amount_fen=50_000_000,
    term_months=12,
)
SMS = Challenge(ChallengeKind.SMS_CODE, Resume.SERIALIZABLE, seconds=60)


@dataclass
class Desk:
    shop: Workshop
    legs: list[str] = field(default_factory=list)
    disposals: list[str] = field(default_factory=list)
    canaries: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        dispatch = Dispatch(
            lambda current: self.legs.append(current.leg_key),
            lambda current: self.disposals.append(current.id),
            lambda place, at: self.canaries.append(str(place)),
        )
        self.intake, self.upkeep = Intake(self.shop, dispatch), Upkeep(self.shop, dispatch)

    def agreed(self) -> Authorization:
        submitted = submit(self.shop, APPLICATION, {"name": "沙盒"}, actor="test").authorization
        text = self.shop.ledger.consent(submitted.consent_id).text
        return self.intake.agree(submitted.id, text.sha256, actor="borrower")

    def parked(self) -> Authorization:
        current = self.agreed()
        self.shop.ledger.move(current.id, State.WORKING, actor="test")
        self.shop.challenges.put(current, Route.API, SMS, flow_state=b"{}", owner="w")
        return self.shop.ledger.authorization(current.id)

    def age(self, table: object, **values: object) -> None:
        with self.shop.store.begin() as connection:
            connection.execute(update(table).values(**values))  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    shop = Workshop(Settings.from_environment({"TAXLINK_HOME": str(tmp_path)}), name="test")
    yield Desk(shop)
    shop.close()


def test_the_tap_starts_one_leg(desk: Desk) -> None:
    current = desk.agreed()
    assert desk.legs == [f"{current.id}.1.1"]


def test_an_answer_starts_the_next_leg(desk: Desk) -> None:
    current = desk.parked()
    asked = desk.shop.challenges.open_one(current.id)
    assert asked is not None
    desk.intake.answer(current.id, asked.id, {"code": "1234"})
    assert desk.legs == [f"{current.id}.1.1", f"{current.id}.1.2"]


def test_the_same_key_gives_the_same_authorization_and_another_body_a_conflict(desk: Desk) -> None:
    first = submit(desk.shop, APPLICATION, {}, actor="test", idempotency=("key", "a" * 64))
    again = submit(desk.shop, APPLICATION, {}, actor="test", idempotency=("key", "a" * 64))
    assert again.replayed
    assert again.authorization == first.authorization
    with pytest.raises(IdempotencyConflict):
        submit(desk.shop, APPLICATION, {}, actor="test", idempotency=("key", "b" * 64))


def test_a_region_that_no_overlay_serves_is_unknown(desk: Desk) -> None:
    from dataclasses import replace

    with pytest.raises(UnknownRegion):
        submit(desk.shop, replace(APPLICATION, region="99"), {}, actor="test")


def test_an_overdue_challenge_fails_the_run_and_the_person_may_try_again(desk: Desk) -> None:
    current = desk.parked()
    desk.age(tables.challenge, expires_at=now() - timedelta(seconds=1))
    assert desk.upkeep.expire() == 1
    failed = desk.shop.ledger.authorization(current.id)
    assert (failed.state, failed.error_code) == (State.FAILED, "challenge_expired")
    again = desk.intake.rerun(current.id, actor="borrower")
    assert desk.legs[-1] == f"{current.id}.2.1" == again.leg_key


def test_an_unanswered_consent_lapses_with_its_link_and_is_disposed_of(desk: Desk) -> None:
    submitted = submit(desk.shop, APPLICATION, {"name": "沙盒"}, actor="test").authorization
    desk.age(tables.link, expires_at=now() - timedelta(seconds=1))
    assert desk.upkeep.expire() == 1
    assert desk.shop.ledger.consent(submitted.consent_id).state is ConsentState.LAPSED
    assert desk.disposals == [submitted.id]


def test_the_sweep_starts_again_what_a_crash_left_and_only_that(desk: Desk) -> None:
    waiting, current = desk.parked(), desk.parked()
    asked = desk.shop.challenges.open_one(current.id)
    assert asked is not None
    desk.shop.challenges.answer(current.id, asked.id, {"code": "1234"})  # and the process dies here
    desk.legs.clear()
    assert desk.upkeep.sweep() == 1
    assert desk.legs == [f"{current.id}.1.2"]
    assert desk.shop.challenges.open_one(waiting.id) is not None


def test_nothing_is_rerun_that_has_not_failed(desk: Desk) -> None:
    current = desk.agreed()
    with pytest.raises(StateConflict):
        desk.intake.rerun(current.id, actor="operator")


def test_nothing_is_rerun_after_a_withdrawal(desk: Desk) -> None:
    current = desk.agreed()
    desk.intake.withdraw(current.id, actor="borrower")
    with pytest.raises(StateConflict):
        desk.intake.rerun(current.id, actor="operator")
    assert desk.disposals == [current.id]


def test_the_disposal_destroys_and_its_proof_is_in_the_log(desk: Desk) -> None:
    current = desk.agreed()
    ref = desk.shop.vault.seal(current.vault_owner, "raw", b"payload", key_class=KeyClass.DATA)
    desk.intake.withdraw(current.id, actor="borrower")
    dispose(desk.shop, current.id)
    with pytest.raises(KeyDestroyed):
        desk.shop.vault.unseal(ref)
    shredded = [e for e in desk.shop.ledger.events(current.id) if e["kind"] == "consent.shredded"]
    assert set(shredded[0]["data"]["proofs"]) == {"data", "credential"}
    assert desk.shop.due.undisposed() == []


def test_a_crash_between_the_shredding_and_its_proof_is_made_up_for(desk: Desk) -> None:
    current = desk.agreed()
    ref = desk.shop.vault.seal(current.vault_owner, "raw", b"payload", key_class=KeyClass.DATA)
    desk.intake.withdraw(current.id, actor="borrower")
    proof = desk.shop.vault.destroy(current.vault_owner, KeyClass.DATA)  # and the process dies here
    desk.disposals.clear()
    assert desk.upkeep.sweep() == 1
    assert desk.disposals == [current.id]
    dispose(desk.shop, current.id)
    shredded = [e for e in desk.shop.ledger.events(current.id) if e["kind"] == "consent.shredded"]
    assert shredded[0]["data"]["proofs"]["data"]["signature"] == proof.signature
    with pytest.raises(KeyDestroyed):
        desk.shop.vault.unseal(ref)
    assert desk.upkeep.sweep() == 0


def test_the_jobs_are_kept_in_the_store_and_run_what_they_name(desk: Desk) -> None:
    running = scheduler.start(desk.shop, desk.upkeep)
    try:
        assert {job.id for job in running.get_jobs()} == set(scheduler.JOBS)
        desk.parked()
        desk.age(tables.challenge, expires_at=now() - timedelta(seconds=1))
        scheduler.expire()
        assert [a.state for a in desk.shop.due.unstarted(now())] == []
        for job in (scheduler.refresh, scheduler.outlive, scheduler.sweep, scheduler.look, scheduler.deliver):
            job()
    finally:
        running.shutdown()
    again = scheduler.start(desk.shop, desk.upkeep)
    try:
        assert len(again.get_jobs()) == len(scheduler.JOBS), "a restart neither forgets nor doubles a job"
    finally:
        again.shutdown()
