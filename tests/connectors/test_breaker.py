"""The circuit breaker: it opens on faults in a row, rests, and closes on a probe that worked, only then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.breaker import TABLE, Breaker, Signal, State, after, may_probe
from connectors.overlay import BreakerRules

START = datetime(2026, 3, 10, tzinfo=UTC)
RULES = BreakerRules(faults=3, rest_seconds=10, longest_rest_seconds=60)
STEPS = st.lists(
    st.tuples(st.sampled_from([Signal.WORKED, Signal.FAULT, Signal.PROBING]), st.floats(0, 200)), max_size=60
)


def walked(*signals: Signal, at: datetime = START) -> Breaker:
    breaker = Breaker()
    for signal in signals:
        breaker = after(breaker, signal, at, RULES)
    return breaker


def test_it_opens_on_the_third_fault_in_a_row() -> None:
    fault = Signal.FAULT
    assert walked(fault, fault).state is State.CLOSED
    assert walked(fault, fault, fault).state is State.OPEN
    assert walked(fault, fault, Signal.WORKED, fault, fault).state is State.CLOSED


def test_only_a_probe_closes_it_again() -> None:
    opened = walked(*[Signal.FAULT] * 3)
    assert after(opened, Signal.WORKED, START, RULES) == opened, "a visit from before says nothing of now"
    probing = after(opened, Signal.PROBING, START, RULES)
    assert probing.state is State.HALF_OPEN
    assert after(probing, Signal.WORKED, START, RULES) == Breaker()


def test_each_rest_in_a_row_is_longer_up_to_the_longest() -> None:
    breaker, rests = walked(*[Signal.FAULT] * 3), []
    for _ in range(5):
        assert breaker.until is not None
        rests.append((breaker.until - START).total_seconds())
        breaker = after(after(breaker, Signal.PROBING, START, RULES), Signal.FAULT, START, RULES)
    assert rests == [10, 20, 40, 60, 60]


@pytest.mark.parametrize(("state", "signal"), sorted(set(product(State, Signal)) - set(TABLE)))
def test_a_pair_that_the_table_lacks_changes_nothing(state: State, signal: Signal) -> None:
    breaker = Breaker(state, faults=1, openings=1, until=START)
    assert after(breaker, signal, START, RULES) == breaker


@given(STEPS)
def test_whatever_happens_the_route_is_used_or_probed_again_in_time(
    steps: list[tuple[Signal, float]],
) -> None:
    breaker, at = Breaker(), START
    for signal, seconds in steps:
        at += timedelta(seconds=seconds)
        if signal is Signal.PROBING and not may_probe(breaker, at):
            continue
        before, breaker = breaker, after(breaker, signal, at, RULES)
        assert breaker.state is State.CLOSED or may_probe(breaker, at + timedelta(seconds=90))
        assert breaker.faults < RULES.faults
        if before.state is not State.CLOSED and breaker.state is State.CLOSED:
            assert (before.state, signal) == (State.HALF_OPEN, Signal.WORKED)


@given(STEPS)
def test_two_probes_are_never_under_way_within_a_probes_life(steps: list[tuple[Signal, float]]) -> None:
    breaker, at, probed = Breaker(), START, None
    for signal, seconds in steps:
        at += timedelta(seconds=seconds)
        if signal is not Signal.PROBING:
            breaker = after(breaker, signal, at, RULES)
            probed = None if breaker.state is not State.HALF_OPEN else probed
        elif may_probe(breaker, at):
            assert probed is None or at - probed >= timedelta(seconds=90)
            breaker, probed = after(breaker, signal, at, RULES), at
