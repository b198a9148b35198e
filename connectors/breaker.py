"""The circuit breaker of one route: a table of states. Pure; the store's side is ``connectors.breakers``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connectors.overlay import BreakerRules


class State(StrEnum):
    CLOSED = "closed"
    """The route is used."""
    OPEN = "open"
    """The route rests: too many of the portal's own faults, one after the other."""
    HALF_OPEN = "half_open"
    """One probe is on its way."""


class Signal(StrEnum):
    WORKED = "worked"
    FAULT = "fault"
    SPENT = "spent"
    """A fault that was one too many."""
    PROBING = "probing"


_S, _E = State, Signal
TABLE: Mapping[tuple[State, Signal], State] = {
    (_S.CLOSED, _E.WORKED): _S.CLOSED,
    (_S.CLOSED, _E.FAULT): _S.CLOSED,
    (_S.CLOSED, _E.SPENT): _S.OPEN,
    (_S.OPEN, _E.PROBING): _S.HALF_OPEN,
    (_S.HALF_OPEN, _E.WORKED): _S.CLOSED,
    (_S.HALF_OPEN, _E.FAULT): _S.OPEN,
    (_S.HALF_OPEN, _E.PROBING): _S.HALF_OPEN,  # whoever probed has died
}
"""What follows what. A pair that is not here changes nothing: an open breaker learns only from a probe, since
a visit that began before it opened says nothing of now."""

PROBE_LIFE = timedelta(seconds=90)
"""After this a probe that told nothing counts as dead, and another one may go."""


@dataclass(frozen=True)
class Breaker:
    """``faults`` in a row while closed; ``openings`` in a row without a success; ``until`` the end of the
    rest, or of the probe's life."""

    state: State = State.CLOSED
    faults: int = 0
    openings: int = 0
    until: datetime | None = None


def may_probe(breaker: Breaker, at: datetime) -> bool:
    """Whether the rest is over and nobody probes."""
    return breaker.state is not State.CLOSED and (breaker.until is None or breaker.until <= at)


def after(breaker: Breaker, signal: Signal, at: datetime, rules: BreakerRules) -> Breaker:
    """The breaker after a signal. A closed one opens at ``rules.faults`` in a row; each rest in a row is
    twice as long as the one before, up to the longest."""
    if signal is Signal.FAULT and breaker.state is State.CLOSED and breaker.faults + 1 >= rules.faults:
        signal = Signal.SPENT
    to = TABLE.get((breaker.state, signal))
    if to is None:
        return breaker
    if to is State.CLOSED:
        return Breaker(faults=0 if signal is Signal.WORKED else breaker.faults + 1)
    if to is State.HALF_OPEN:
        return Breaker(to, breaker.faults, breaker.openings, at + PROBE_LIFE)
    return Breaker(to, breaker.faults, breaker.openings + 1, at + _rest(breaker.openings, rules))


def _rest(openings: int, rules: BreakerRules) -> timedelta:
    seconds = rules.rest_seconds * 2.0 ** min(openings, 16)
    return timedelta(seconds=min(seconds, max(rules.rest_seconds, rules.longest_rest_seconds)))
