"""The two tables of states say what the design says, and nothing else moves."""

from __future__ import annotations

import pytest

from authz import authorization, consent
from authz.authorization import State
from authz.consent import ConsentState, states
from schema.errors import StateConflict


def test_every_consent_state_stands_in_the_table() -> None:
    assert set(consent.TRANSITIONS) == set(ConsentState)


def test_every_authorization_state_stands_in_the_table() -> None:
    assert set(authorization.TRANSITIONS) == set(State)


@pytest.mark.parametrize("end", ["rejected", "lapsed", "withdrawn", "expired", "consumed", "superseded"])
def test_an_ended_consent_never_lives_again(end: str) -> None:
    for to, reasons in states.REASONS.items():
        for reason in reasons or {"agreed"}:
            with pytest.raises(StateConflict):
                states.step(ConsentState(end), to, reason)


def test_a_closed_authorization_never_opens_again() -> None:
    for to in State:
        with pytest.raises(StateConflict):
            authorization.step(State.CLOSED, to)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, queue = {State.REQUESTED}, [State.REQUESTED]
    while queue:
        fresh = authorization.TRANSITIONS[queue.pop()] - reached
        reached |= fresh
        queue.extend(fresh)
    assert reached == set(State)
