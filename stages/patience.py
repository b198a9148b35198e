"""Routes whose fault will pass, when no other one is left: the run waits a while and tries them anew."""

from __future__ import annotations

from datetime import timedelta

from authz.authorization import Authorization
from schema.errors import Action, catalogue
from stages.outcome import Outcome, waits
from stages.workshop import Workshop
from store.database import now

MOST = 6
"""Tries of one run that may end so. A portal that is down stops them sooner: its breaker opens."""
FIRST_PAUSE = timedelta(seconds=5)
"""Doubled each time."""


def again(shop: Workshop, current: Authorization) -> Outcome | None:
    """A wait, after which the routes that were down, too slow or broke off are as good as untried. None when
    no route of this run failed so, or the tries are spent."""
    passing = [code for code, cause in catalogue().items() if cause.action is Action.RETRY]
    tries = [
        each
        for each in shop.casefile.attempts(current.id)
        if each["run"] == current.run and each["error_code"] in passing
    ]
    if len(tries) > MOST or not shop.casefile.spare_routes(current, passing):
        return None
    return waits(shop, current.id, tries[-1]["error_code"], now() + FIRST_PAUSE * 2.0 ** (len(tries) - 1))
