"""A worker killed with SIGKILL at the worst moments: the run finishes, and the portal saw nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from authz.authorization import Progress, State
from connectors.interface import ChallengeKind
from demo.processes import wait_for

if TYPE_CHECKING:
    from conftest import Desk

    from authz.challenges import Relayed
    from connectors.testing.person import Person

OpenDesk = Callable[..., "Desk"]
FEW = ("--count", "3", "--invoices", "60")


def kill_and_restart(desk: Desk) -> None:
    desk.house.kill("worker-1")
    desk.house.worker()


def question_of(desk: Desk, person: Person, id: str, kind: ChallengeKind) -> Relayed:
    """Answer until this kind of challenge is open."""
    while (asked := desk.question(id)) is not None and asked.kind is not kind:
        desk.answer(person, asked)
        wait_for(lambda asked=asked: desk.settled(asked), f"{asked.kind} hangs: {desk.events(id)}")
    assert asked is not None, desk.events(id)
    return asked


def assert_whole(desk: Desk, portal: str, person: Person, id: str) -> None:
    """Scored, one grant at the portal, no password sent after a rejection."""
    done = desk.accompany(person, id)
    assert (done.state, done.progress) == (State.GRANTED, Progress.DONE), desk.events(id)
    assert len(desk.journal(portal, "grant_made", person)) == 1
    rejected = Counter(entry["mark"] for entry in desk.journal(portal, "sign_in_rejected", person))
    assert not rejected or max(rejected.values()) == 1
    collected = [event for event in desk.events(id) if event.startswith("dataset.collected")]
    assert len(collected) == 4, "a dataset that was checkpointed is not collected again"


def test_while_a_parked_challenge_waits(own_desk: OpenDesk) -> None:
    desk = own_desk(*FEW, "--regions", "31")
    desk.house.worker()
    person = desk.people("31.api")[0]
    id = desk.submit(person).id
    asked = desk.question(id)
    kill_and_restart(desk)
    assert desk.question(id) == asked, "a parked question survives, and the person sees no difference"
    assert_whole(desk, "31.api", person, id)


@pytest.mark.browser
def test_while_a_live_challenge_waits(own_desk: OpenDesk) -> None:
    desk = own_desk(*FEW, "--regions", "51")
    desk.house.worker()
    person = desk.people("51.rpa")[0]
    id = desk.submit(person).id
    asked = question_of(desk, person, id, ChallengeKind.SMS_CODE)
    kill_and_restart(desk)
    wait_for(lambda: desk.shop.challenges.get(asked.id).state == "superseded", "the question was not renewed")
    assert_whole(desk, "51.rpa", person, id)
    assert len(desk.journal("51.rpa", "sign_in_rejected", person)) == 0


@pytest.mark.browser
@pytest.mark.parametrize(
    ("portal", "path"), [("31.api", "/yspt/v1/invoice.query"), ("51.rpa", "/dppt/fpcx/export")]
)
def test_while_a_dataset_is_being_collected(own_desk: OpenDesk, portal: str, path: str) -> None:
    desk = own_desk(*FEW, "--regions", portal.split(".")[0])
    desk.house.worker()
    person = desk.people(portal)[0]
    id = desk.submit(person).id
    desk.portals.fault(portal, "slow", path=path, seconds=3)
    last = ChallengeKind.SMS_CODE
    desk.answer(person, question_of(desk, person, id, last))

    def collecting_invoices() -> bool:
        asked = desk.shop.challenges.open_one(id)
        if asked is not None:
            desk.answer(person, asked)
        return sum(event.startswith("dataset.collected") for event in desk.events(id)) == 3

    wait_for(collecting_invoices, "the invoices are not reached")
    kill_and_restart(desk)
    desk.portals.clear()
    assert_whole(desk, portal, person, id)


@pytest.mark.browser
def test_while_a_wrong_password_is_on_its_way(own_desk: OpenDesk) -> None:
    """Nobody knows what the portal said: the person is asked again, and the suite sends it no second time."""
    desk = own_desk(*FEW, "--regions", "51")
    desk.house.worker()
    person = desk.people("51.rpa")[0]
    id = desk.submit(person).id
    asked = question_of(desk, person, id, ChallengeKind.CREDENTIALS)
    desk.answer(person, asked, person_id=person.person_id, password="Not-my-password-1")
    captcha = desk.question(id)
    assert captcha is not None
    desk.portals.fault("51.rpa", "slow", path="/tpass/login", seconds=4)
    desk.answer(person, captcha)
    ref = desk.shop.challenges.credentials_ref(id, 1)
    assert ref is not None
    wait_for(lambda: desk.shop.secrets.state(ref) == "sent", "the password was not sent")
    kill_and_restart(desk)
    desk.portals.clear()
    again = question_of(desk, person, id, ChallengeKind.CREDENTIALS)
    assert again.id != asked.id
    assert_whole(desk, "51.rpa", person, id)
    assert len(desk.journal("51.rpa", "sign_in_rejected", person)) <= 1
