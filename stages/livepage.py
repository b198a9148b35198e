"""A question on an open page of the portal: wait for the person's answer, or watch the page while the person
acts elsewhere."""

from __future__ import annotations

import dataclasses
import math
import threading
from typing import Any

from authz.authorization import State
from authz.challenges import ChallengeState, Relayed
from connectors.interface import Answer, Challenge, Flow, Grant
from schema.errors import ChallengeExpired, ConsentWithdrawn, TaxlinkError
from stages.workshop import Workshop
from store.database import now
from store.feed import Event


def answer(shop: Workshop, asked: Relayed) -> Answer:
    """Wait beside the open page until the person answers.

    Raises ``ChallengeExpired``, and ``ConsentWithdrawn`` when the authorization is closed meanwhile.
    """
    found = _within(shop, asked, math.inf)
    assert found is not None
    return found


def watched(shop: Workshop, asked: Relayed, flow: Flow, shown: Challenge) -> Challenge | Grant:
    """What follows once the person has acted elsewhere; until then the question is kept as the page shows it.

    The authorization is at work again when this returns or the portal's fault is raised. Raises as ``answer``
    and ``Flow.advance``.
    """
    while True:
        _within(shop, asked, shown.poll_seconds)
        try:
            found = flow.advance({})
        except TaxlinkError:
            shop.ledger.move(asked.authorization_id, State.WORKING, actor="pipeline")
            raise
        if not isinstance(found, Challenge) or found.kind is not shown.kind or found.retry:
            shop.ledger.move(asked.authorization_id, State.WORKING, actor="pipeline")
            return found
        found = dataclasses.replace(found, retry=shown.retry)
        if found != shown:
            shop.challenges.change(asked, found)
            shown = found


def _within(shop: Workshop, asked: Relayed, seconds: float) -> Answer | None:
    """The answer, woken by the store; None when these seconds pass without one."""
    woken = threading.Event()

    def listen(event: Event) -> None:
        data: dict[str, Any] = event.data
        if data.get("challenge") == asked.id or data.get("to") == State.CLOSED:
            woken.set()

    with shop.feed.listening(asked.authorization_id, listen):
        while True:
            seen = shop.challenges.get(asked.id)
            if seen.state is ChallengeState.ANSWERED:
                return shop.challenges.take(seen)
            if shop.ledger.authorization(asked.authorization_id).state is State.CLOSED:
                raise ConsentWithdrawn
            left = (asked.expires_at - now()).total_seconds()
            if seen.state is not ChallengeState.OPEN or left <= 0:
                shop.challenges.close(seen, ChallengeState.EXPIRED)
                raise ChallengeExpired
            if not woken.wait(min(left, seconds)) and seconds < left:
                return None
            woken.clear()
