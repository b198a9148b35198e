"""What a run does not give up for: a fault that will pass, on the last route that is left; and a portal that
forgot the person half-way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from authz.authorization import Authorization
from authz.challenges import ChallengeState
from schema.errors import Action, ChallengeExpired, SessionExpired, TaxlinkError, catalogue
from stages.outcome import Outcome, waits
from stages.workshop import Workshop
from store.database import now

MOST = 6
"""Tries of one run that may end so. A portal that is down stops them sooner: its breaker opens."""
MOST_FORGOTTEN = 3
"""Attempts of one run that the portal may forget: each asks the person anew."""
FIRST_PAUSE = timedelta(seconds=5)
"""Doubled each time."""


def again(shop: Workshop, current: Authorization) -> Outcome | None:
    """A wait, after which the routes that were down, too slow or broke off are as good as untried. None when
    no route of this run failed so, or the tries are spent."""
    passing = [code for code, cause in catalogue().items() if cause.action is Action.RETRY]
    tries = _ended_with(shop, current, passing)
    if len(tries) > MOST or not shop.attempts.spare_routes(current, passing):
        return None
    return waits(shop, current.id, tries[-1]["error_code"], now() + FIRST_PAUSE * 2.0 ** (len(tries) - 1))


def forgotten(shop: Workshop, current: Authorization, error: TaxlinkError) -> bool:
    """Whether the route is begun anew after this: the portal dropped the session that the person had answered
    in, or one that asked nothing. Not where they let a question expire."""
    if not isinstance(error, SessionExpired | ChallengeExpired):
        return False
    asked = shop.challenges.latest(current.id)
    if asked is not None and asked.run == current.run:
        answered = asked.answer_ref is not None or asked.state is ChallengeState.ACCEPTED
        if not answered or asked.state is ChallengeState.EXPIRED:
            return False
    codes = [cause.cause_code() for cause in (SessionExpired, ChallengeExpired)]
    return len(_ended_with(shop, current, codes)) < MOST_FORGOTTEN


def _ended_with(shop: Workshop, current: Authorization, codes: Collection[str]) -> list[dict[str, Any]]:
    """The attempts of this run that ended so, oldest first."""
    attempts = shop.attempts.of(current.id)
    return [each for each in attempts if each["run"] == current.run and each["error_code"] in codes]
