"""The relay: one question open, one answer, to the one person, before its time is over."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from authz.authorization import Authorization, State
from authz.challenges import ChallengeState, Relayed
from connectors.interface import Challenge, ChallengeKind, Option, Resume
from schema.dataset import Route
from schema.errors import AnswerInvalid, ChallengeClosed, ChallengeExpired, ChallengeNotYours, SecretSpent
from store import tables
from store.database import now

if TYPE_CHECKING:
    from conftest import Desk

SMS = Challenge(ChallengeKind.SMS_CODE, Resume.SERIALIZABLE, seconds=60, hint="138****0001")


def asked(desk: Desk, challenge: Challenge = SMS) -> tuple[Authorization, Relayed]:
    current = desk.working()
    return current, desk.challenges.put(current, Route.API, challenge, flow_state=b"{}", owner="worker-1")


def test_a_question_makes_the_authorization_challenged(desk: Desk) -> None:
    current, relayed = asked(desk)
    assert desk.ledger.authorization(current.id).state is State.CHALLENGED
    assert desk.challenges.open_one(current.id) == relayed


def test_an_answer_opens_once(desk: Desk) -> None:
    current, relayed = asked(desk)
    answered = desk.challenges.answer(current.id, relayed.id, {"code": "135790"})
    assert desk.challenges.take(answered) == {"code": "135790"}
    with pytest.raises(SecretSpent):
        desk.challenges.take(answered)


def test_an_answer_to_a_parked_run_names_its_next_leg(desk: Desk) -> None:
    current, relayed = asked(desk)
    desk.challenges.answer(current.id, relayed.id, {"code": "135790"})
    assert desk.ledger.authorization(current.id).leg == current.leg + 1


def test_another_persons_challenge_is_not_answered(desk: Desk) -> None:
    _, relayed = asked(desk)
    stranger, _ = asked(desk)
    with pytest.raises(ChallengeNotYours):
        desk.challenges.answer(stranger.id, relayed.id, {"code": "135790"})
    assert desk.challenges.get(relayed.id).state is ChallengeState.OPEN


def test_an_answer_after_expiry_is_refused(desk: Desk) -> None:
    current, relayed = asked(desk)
    with desk.engine.begin() as connection:
        connection.execute(update(tables.challenge).values(expires_at=now() - timedelta(seconds=1)))
    for _ in range(2):
        with pytest.raises(ChallengeExpired):
            desk.challenges.answer(current.id, relayed.id, {"code": "135790"})


def test_a_second_answer_is_refused(desk: Desk) -> None:
    current, relayed = asked(desk)
    desk.challenges.answer(current.id, relayed.id, {"code": "135790"})
    with pytest.raises(ChallengeClosed):
        desk.challenges.answer(current.id, relayed.id, {"code": "135790"})


def test_a_new_question_supersedes_the_open_one(desk: Desk) -> None:
    current, old = asked(desk)
    new = desk.challenges.put(current, Route.API, SMS, flow_state=b"{}", owner="worker-1")
    assert desk.challenges.get(old.id).state is ChallengeState.SUPERSEDED
    assert desk.challenges.open_one(current.id) == new


@pytest.mark.parametrize(
    "fields", [{}, {"code": ""}, {"code": "12345678901"}, {"code": "一二三四"}, {"code": "1234", "more": "x"}]
)
def test_an_answer_that_does_not_fit_is_refused(desk: Desk, fields: dict[str, str]) -> None:
    current, relayed = asked(desk)
    with pytest.raises(AnswerInvalid):
        desk.challenges.answer(current.id, relayed.id, fields)


def test_an_identity_that_was_not_offered_is_refused(desk: Desk) -> None:
    options = (Option("1", "甲公司", "法定代表人"), Option("2", "乙公司", "财务负责人"))
    choice = Challenge(ChallengeKind.IDENTITY, Resume.LIVE_PAGE, seconds=60, options=options)
    current, relayed = asked(desk, choice)
    with pytest.raises(AnswerInvalid):
        desk.challenges.answer(current.id, relayed.id, {"choice": "3"})
    assert desk.challenges.answer(current.id, relayed.id, {"choice": "2"}).state is ChallengeState.ANSWERED


def test_a_password_that_the_portal_rejected_is_not_taken_again(desk: Desk) -> None:
    entry = Challenge(ChallengeKind.CREDENTIALS, Resume.SERIALIZABLE, seconds=600)
    typed = {"person_id": "110101199003070000", "password": "Wrong-1"}
    current, first = asked(desk, entry)
    ref = desk.challenges.answer(current.id, first.id, typed).answer_ref
    assert ref is not None
    desk.secrets.sending(ref)
    desk.secrets.rejected(ref)
    second = desk.challenges.put(current, Route.RPA, entry, flow_state=b"{}", owner="worker-1")
    with pytest.raises(SecretSpent):
        desk.challenges.answer(current.id, second.id, typed)
    desk.challenges.answer(current.id, second.id, typed | {"password": "Right-1"})


def test_an_approval_in_the_app_is_answered_with_nothing(desk: Desk) -> None:
    approval = Challenge(ChallengeKind.APP_APPROVAL, Resume.SERIALIZABLE, seconds=60, hint="4711")
    current, relayed = asked(desk, approval)
    with pytest.raises(AnswerInvalid):
        desk.challenges.answer(current.id, relayed.id, {"code": "4711"})
    for _ in range(2):
        answered = desk.challenges.answer(current.id, relayed.id, {})
        assert desk.challenges.take(answered) == {}
        desk.challenges.close(answered, ChallengeState.REJECTED)
        relayed = desk.challenges.put(current, Route.API, approval, flow_state=b"{}", owner="worker-1")


def test_a_watched_question_changes_in_place_and_an_answer_to_it_changes_nothing(desk: Desk) -> None:
    code = Challenge(ChallengeKind.QR, Resume.LIVE_PAGE, 60, "waiting", b"one", poll_seconds=1)
    current, relayed = asked(desk, code)
    assert desk.challenges.answer(current.id, relayed.id, {}) == relayed
    with pytest.raises(AnswerInvalid):
        desk.challenges.answer(current.id, relayed.id, {"code": "1"})
    desk.challenges.change(relayed, replace(code, hint="scanned", picture=b"two"))
    now_shown = desk.challenges.open_one(current.id)
    assert now_shown is not None
    assert (now_shown.id, now_shown.hint, now_shown.expires_at) == (
        relayed.id, "scanned", relayed.expires_at,
    )  # fmt: skip
    assert base64.b64decode(desk.challenges.prompt(now_shown)["picture"]) == b"two"
    desk.challenges.close(now_shown, ChallengeState.ACCEPTED)
    desk.challenges.change(relayed, code)
    assert desk.challenges.get(relayed.id).hint == "scanned", "one that is over stays as it was"
    assert desk.challenges.answer(current.id, relayed.id, {}).state is ChallengeState.ACCEPTED


def test_the_address_of_a_redirect_is_sealed(desk: Desk) -> None:
    url = "https://as.example/authorize?request_uri=urn:canary"
    current, relayed = asked(
        desk, Challenge(ChallengeKind.REDIRECT, Resume.SERIALIZABLE, seconds=60, url=url)
    )
    assert desk.challenges.prompt(relayed)["url"] == url
    assert "canary" not in repr(relayed)
    with pytest.raises(AnswerInvalid):
        desk.challenges.answer(current.id, relayed.id, {"response": "code=a b"})
    answered = desk.challenges.answer(current.id, relayed.id, {"response": "code=a&state=b"})
    assert desk.challenges.take(answered) == {"response": "code=a&state=b"}
