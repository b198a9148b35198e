"""How a stage ended, as the plain values that the workflow engine may keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from authz.authorization import State
from schema.errors import Action, PortalUnavailable, TaxlinkError, catalogue
from stages.workshop import Workshop
from store.database import now

log = structlog.get_logger()

_ENDS = frozenset({State.CLOSED, State.FAILED})
LONGEST_WAIT = timedelta(hours=36)
ROUTE_BUSY = "route_busy"
"""The code of a wait for a free place at the portal."""


@dataclass(frozen=True)
class Outcome:
    """``kind`` is granted, parked, wait, ended, collected, missing or again; ``code`` an error code, or why
    it waits; ``seconds`` a wait, None when nobody said how long."""

    kind: str
    code: str | None = None
    seconds: float | None = None

    def plain(self) -> dict[str, str | float | None]:
        return {"kind": self.kind, "code": self.code, "seconds": self.seconds}


def waiting(shop: Workshop, authorization_id: str, error: TaxlinkError) -> Outcome | None:
    """A wait until the portal says it is ready, when that is what the error asks for and it is not too far
    off."""
    if error.action is not Action.WAIT or (error.retry_at and error.retry_at - now() > LONGEST_WAIT):
        return None
    return waits(shop, authorization_id, error.code, error.retry_at)


def waits(shop: Workshop, authorization_id: str, code: str, until: datetime | None) -> Outcome:
    """The run is scheduled for another time, and says so."""
    data = {"code": code, "until": until.isoformat() if until else ""}
    with shop.store.begin() as connection:
        shop.ledger.record(connection, authorization_id, "pipeline", "run.waiting", data)
    seconds = max(0.0, (until - now()).total_seconds()) if until else None
    return Outcome("wait", code=code, seconds=seconds)


def ended(shop: Workshop, authorization_id: str, error: TaxlinkError) -> Outcome:
    """The run is over: the authorization fails with the error's code, unless it has ended already."""
    current = shop.ledger.authorization(authorization_id)
    if current.state not in _ENDS:
        if current.state is State.CHALLENGED:
            shop.ledger.move(authorization_id, State.WORKING, actor="pipeline")
        shop.ledger.move(authorization_id, State.FAILED, actor="pipeline", error_code=error.code)
    log.info("run.ended", authorization_id=authorization_id, code=error.code)
    return Outcome("ended", code=error.code)


def last_error(shop: Workshop, authorization_id: str) -> TaxlinkError:
    """The cause of the newest attempt that failed, to name when a run gives up."""
    codes = [a["error_code"] for a in shop.attempts.of(authorization_id) if a["error_code"]]
    cause = catalogue().get(codes[-1], PortalUnavailable) if codes else PortalUnavailable
    return cause("gave up after several turns")
