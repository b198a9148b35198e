"""Authorization: the aggregate that callers hold an id of. Pure: states and what may follow what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schema.dataset import Route
from schema.errors import StateConflict


class State(StrEnum):
    REQUESTED = "requested"
    PLANNING = "planning"
    WORKING = "working"
    CHALLENGED = "challenged"
    GRANTED = "granted"
    NEEDS_REPAIR = "needs_repair"
    REFRESHING = "refreshing"
    FAILED = "failed"
    REVOKED_AT_PORTAL = "revoked_at_portal"
    CLOSED = "closed"


_S = State
TRANSITIONS: dict[State, frozenset[State]] = {
    _S.REQUESTED: frozenset({_S.PLANNING, _S.FAILED, _S.CLOSED}),
    _S.PLANNING: frozenset({_S.WORKING, _S.FAILED, _S.CLOSED}),
    _S.WORKING: frozenset({_S.CHALLENGED, _S.GRANTED, _S.FAILED, _S.CLOSED}),
    _S.CHALLENGED: frozenset({_S.WORKING, _S.FAILED, _S.CLOSED}),
    _S.GRANTED: frozenset({_S.REFRESHING, _S.NEEDS_REPAIR, _S.REVOKED_AT_PORTAL, _S.FAILED, _S.CLOSED}),
    _S.REFRESHING: frozenset({_S.GRANTED, _S.NEEDS_REPAIR, _S.REVOKED_AT_PORTAL, _S.FAILED, _S.CLOSED}),
    _S.NEEDS_REPAIR: frozenset({_S.PLANNING, _S.FAILED, _S.CLOSED}),
    _S.FAILED: frozenset({_S.PLANNING, _S.CLOSED}),  # operations re-run it; the id survives
    _S.REVOKED_AT_PORTAL: frozenset({_S.CLOSED}),
    _S.CLOSED: frozenset(),
}
"""Which state may follow which."""

RERUNNABLE = frozenset({State.FAILED, State.NEEDS_REPAIR})
"""From here operations may start another run that authorizes anew."""


class Progress(StrEnum):
    """Collection and scoring have their own progress under the grant."""

    WAITING = "waiting"
    COLLECTING = "collecting"
    SCORING = "scoring"
    DONE = "done"


class Trigger(StrEnum):
    """What started the present run."""

    AMENDMENT = "amendment"
    """The person has agreed to other terms; the run reads under them."""
    APPLICATION = "application"
    REFRESH = "refresh"
    DOCUMENTS = "documents"
    """Files were handed in after the score; what was read stands."""
    OPERATIONS = "operations"


@dataclass(frozen=True)
class Authorization:
    """The aggregate as the store holds it. ``run`` counts re-runs, repairs and refreshes; ``leg`` the legs of
    the run. ``consent_id`` is the consent that the present run reads under; ``amendment_id`` one that is to
    supersede the consent in force, once it works, and ``amendment_run`` the run that tries it."""

    id: str
    tenant: str
    state: State
    progress: Progress
    error_code: str | None
    taxpayer_id: str
    region: str
    route: Route | None
    consent_id: str
    amendment_id: str | None
    amendment_run: int | None
    person_ref: str | None
    product: str
    amount_fen: int
    term_months: int
    as_of: date | None
    callback_url: str | None
    callback_secret_ref: str | None
    run: int
    leg: int
    trigger: Trigger
    created_at: datetime
    updated_at: datetime

    @property
    def vault_owner(self) -> str:
        """Whose keys seal what this authorization holds: its consent's, so that the end of the consent
        destroys just that."""
        return self.consent_id

    @property
    def leg_key(self) -> str:
        """The name of the present leg of work; the workflow engine runs each name once."""
        return f"{self.id}.{self.run}.{self.leg}"


def step(current: State, to: State) -> State:
    """``to``, when it may follow ``current``. Raises ``StateConflict``."""
    if to not in TRANSITIONS[current]:
        raise StateConflict(f"an authorization cannot go from {current} to {to}")
    return to
