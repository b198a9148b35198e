"""Upkeep: what the scheduler asks for. What is overdue ends, what a crash left begins again, what is due is
done."""

from __future__ import annotations

from datetime import timedelta

import structlog

from authz import gate
from authz.authorization import Authorization, State, Trigger
from authz.challenges import ChallengeState
from authz.consent import Consent, ConsentState
from connectors.interface import Resume
from schema.errors import StateConflict, TaxlinkError, TimestampRefused
from stages import canaries, standing
from stages.dispatch import Dispatch
from stages.intake import end, fail_parked
from stages.workshop import Workshop
from store.database import now

log = structlog.get_logger()

MOST_CANARIES = 6
"""How many set out at a time, so that they spread over the hour."""
STANDING_HOURS = timedelta(hours=24)
MOST_GRANTS = 50
"""How old the portal's word on a grant may be, and how many grants are asked for at a time."""
MOST_STAMPS = 50
"""How many consents are stamped at a time."""


class Upkeep:
    """Every method may be called at any time, as often as one likes."""

    def __init__(self, shop: Workshop, dispatch: Dispatch) -> None:
        self._shop, self._dispatch = shop, dispatch

    def expire(self) -> int:
        """End what is overdue: challenges (their run fails), unanswered links (consent lapses), consents. How
        many ended."""
        overdue = self._shop.challenges.overdue()
        for asked in overdue:
            self._shop.challenges.close(asked, ChallengeState.EXPIRED)
            if asked.resume is Resume.SERIALIZABLE:
                fail_parked(self._shop, asked)
        ended = self._shop.due.overdue_consents()
        for held in ended:
            self._overdue(held)
        return len(overdue) + len(ended)

    def _overdue(self, held: Consent) -> None:
        to = ConsentState.LAPSED if held.state is ConsentState.AWAITING else ConsentState.EXPIRED
        end(self._shop, self._dispatch, held, to, actor="scheduler", reason="overdue")

    def sweep(self) -> int:
        """Start again what a crash left between two writes (a started leg stays one): answered but not taken
        up, agreed but not started, closed but not destroyed; and what was handed in while a run was under
        way. How many."""
        lost = self._shop.challenges.unheard()
        for asked in lost:
            self._dispatch.leg(self._shop.ledger.authorization(asked.authorization_id))
        waiting = self._shop.due.unstarted(now() - timedelta(seconds=30))
        for current in waiting:
            self._dispatch.leg(current)
        undisposed = self._shop.due.undisposed()
        for current in undisposed:
            self._dispatch.disposal(current)
        taken = [each for each in self._shop.documents.waiting() if self._take_up(each)]
        return len(lost) + len(waiting) + len(undisposed) + len(taken)

    def _take_up(self, authorization_id: str) -> bool:
        begun = self._shop.documents.take_up(authorization_id, actor="scheduler")
        if begun is not None:
            self._dispatch.leg(begun)
        return begun is not None

    def outlive(self) -> int:
        """Close and destroy what has reached the end of its data life."""
        outlived = self._shop.due.outlived()
        for authorization_id in outlived:
            self._dispatch.disposal(self._shop.consents.close(authorization_id, actor="scheduler"))
        return len(outlived)

    def stamp(self) -> int:
        """Have the time-stamp service stamp the signatures of consents; what it refuses is tried again the
        next time. How many it stamped."""
        shop, service, done = self._shop, self._shop.timestamps, 0
        if service is None:
            return 0
        for held in shop.consents.unstamped(MOST_STAMPS):
            current = shop.ledger.authorization(held.authorization_id)
            try:
                response = service.stamp(shop.consents.signed(current, held).signature)
            except TimestampRefused as error:
                log.warning("consent.unstamped", consent=held.id, why=error.detail)
                break
            except TaxlinkError as error:
                log.error("consent.unproven", consent=held.id, code=error.code)
                continue
            shop.consents.keep_timestamp(held, response)
            done += 1
        return done

    def ask_standing(self) -> int:
        """Ask portals whether the grants that they were not heard of today still stand; how many did not."""
        asked = self._shop.due.unasked(now() - STANDING_HOURS, MOST_GRANTS)
        return sum(standing.ask(self._shop, current) is False for current in asked)

    def refresh_due(self) -> int:
        """Refresh every granted authorization whose periodic consent allows a read today."""
        due = self._shop.due.refreshable()
        for authorization_id in due:
            self.refresh(authorization_id, actor="scheduler")
        return len(due)

    def refresh(self, authorization_id: str, *, actor: str) -> Authorization:
        """Read again under a periodic consent."""
        current = self._shop.ledger.authorization(authorization_id)
        held = self._shop.ledger.consent(current.consent_id)
        gate.check_live(held, now())
        if not held.periodic:
            raise StateConflict("the consent is for once")
        current = self._shop.ledger.next_run(
            authorization_id, State.REFRESHING, actor=actor, trigger=Trigger.REFRESH
        )
        self._dispatch.leg(current)
        return current

    def look(self) -> int:
        """Send canaries to routes where the last one set out too long ago; how many."""
        places = canaries.due(self._shop)[:MOST_CANARIES]
        for place in places:
            self._dispatch.canary(place, self._shop.canaries.set_out(place))
        return len(places)
