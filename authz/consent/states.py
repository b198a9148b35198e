"""The states of a consent and of its disposal, what may follow what, and why."""

from __future__ import annotations

from enum import StrEnum

from schema.errors import StateConflict


class ConsentState(StrEnum):
    DRAFT = "draft"
    AWAITING = "awaiting"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CONSUMED = "consumed"
    SUPERSEDED = "superseded"


_S = ConsentState
TRANSITIONS: dict[ConsentState, frozenset[ConsentState]] = {
    _S.DRAFT: frozenset({_S.AWAITING}),
    _S.AWAITING: frozenset({_S.ACTIVE, _S.REJECTED, _S.LAPSED, _S.WITHDRAWN}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.WITHDRAWN, _S.EXPIRED, _S.CONSUMED, _S.SUPERSEDED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED}),
    _S.REJECTED: frozenset(),
    _S.LAPSED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CONSUMED: frozenset(),
    _S.SUPERSEDED: frozenset(),
}
"""Which state may follow which. A state with no followers is an end."""

REASONS: dict[ConsentState, frozenset[str]] = {
    _S.DRAFT: frozenset(),
    _S.AWAITING: frozenset({"issued"}),
    _S.ACTIVE: frozenset({"agreed", "resumed"}),
    _S.SUSPENDED: frozenset({"paused", "disputed", "investigated"}),
    _S.REJECTED: frozenset({"declined"}),
    _S.LAPSED: frozenset({"overdue"}),
    _S.WITHDRAWN: frozenset(
        {"withdrawn", "withdrawn_by_another", "declined_by_another", "amendment_dropped"}
    ),
    _S.EXPIRED: frozenset({"overdue"}),
    _S.CONSUMED: frozenset({"read_once"}),
    _S.SUPERSEDED: frozenset({"amended"}),
}
"""Why a consent may come into a state. The code is recorded with who did it."""

LIVING = frozenset({_S.AWAITING, _S.ACTIVE, _S.SUSPENDED})
"""Not ended yet."""
KEEPS_DATA = frozenset({_S.CONSUMED, _S.EXPIRED, _S.SUPERSEDED})
"""Ends after which nothing more is read, and what was read stays for its data life."""


class Disposal(StrEnum):
    """What becomes of the data after the end."""

    RETAINED = "retained"
    SHRED_PENDING = "shred_pending"
    SHREDDED = "shredded"


DISPOSALS: dict[Disposal, frozenset[Disposal]] = {
    Disposal.RETAINED: frozenset({Disposal.SHRED_PENDING}),
    Disposal.SHRED_PENDING: frozenset({Disposal.SHREDDED}),
    Disposal.SHREDDED: frozenset(),
}
"""Which disposal may follow which: nothing that is to be destroyed is kept after all."""


def step(current: ConsentState, to: ConsentState, reason: str) -> ConsentState:
    """``to``, when it may follow ``current`` for this reason. Raises ``StateConflict``."""
    if to not in TRANSITIONS[current]:
        raise StateConflict(f"consent cannot go from {current} to {to}")
    if reason not in REASONS[to]:
        raise StateConflict(f"{reason} is no reason for a consent to be {to}")
    return to


def dispose(current: Disposal, to: Disposal) -> Disposal:
    """``to``, when it may follow ``current``. Raises ``StateConflict``."""
    if to not in DISPOSALS[current]:
        raise StateConflict(f"data that are {current} cannot be {to}")
    return to
