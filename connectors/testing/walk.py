"""One authorization walked step by step with a person's answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Flow, Grant
from connectors.testing.site import Account
from connectors.testing.verdict import Broken
from schema.errors import ChallengeExpired

MOST_STEPS = 24
"""Questions of one authorization; more is a circle."""


@dataclass
class Typed:
    """The person's password under the vault's single-use rule. ``asked`` tells whether the flow wanted one,
    ``moves`` what it told of it."""

    answer: Answer | None = field(default=None, repr=False)
    asked: bool = False
    moves: list[str] = field(default_factory=list)

    def current(self) -> Answer | None:
        """None once it is on its way, until the portal has accepted it."""
        self.asked = True
        return None if self.moves and self.moves[-1] != "accepted" else self.answer

    def sending(self) -> None:
        self.moves.append("sending")

    def accepted(self) -> None:
        self.moves.append("accepted")

    def rejected(self) -> None:
        self.moves.append("rejected")


@dataclass
class Walk:
    """A flow and how far it got. ``heard`` is told each answer before it is given, ``made`` the grant."""

    flow: Flow
    account: Account
    credentials: Typed
    heard: Callable[[Answer], None]
    made: Callable[[Account, Grant], None]
    kinds: list[ChallengeKind] = field(default_factory=list)
    step: Challenge | Grant | None = None

    def begin(self) -> Challenge | Grant:
        return self._arrived(self.flow.advance(None))

    def give(self, answer: Answer) -> Challenge | Grant:
        """Answer the open challenge. A password goes into the vault, and the flow begins anew with it."""
        assert isinstance(self.step, Challenge)
        self.heard(answer)
        if self.step.poll_seconds:
            return self._arrived(self._watched(self.step))
        if self.step.kind is ChallengeKind.CREDENTIALS:
            self.credentials.answer = answer
            self.credentials.moves.clear()
            return self._arrived(self.flow.advance(None))
        return self._arrived(self.flow.advance(answer))

    def onward(self) -> Challenge | Grant:
        """Begin, or answer rightly."""
        if not isinstance(self.step, Challenge):
            return self.begin()
        return self.give(self.account.answer(self.step))

    def finish(self, *, at: Callable[[Challenge], bool] = lambda asked: False) -> Challenge | Grant:
        """Answer rightly until the grant, or until a challenge that ``at`` names. Raises ``Broken`` for a
        flow that asks without end."""
        for _ in range(MOST_STEPS):
            if isinstance(self.step, Grant) or (isinstance(self.step, Challenge) and at(self.step)):
                return self.step
            self.onward()
        raise Broken(f"the flow asked {MOST_STEPS} questions and came to no end")

    def _watched(self, asked: Challenge) -> Challenge | Grant:
        """Look until what the person did shows. A code that was renewed is shown to them."""
        over = time.monotonic() + asked.seconds
        while time.monotonic() < over:
            found = self.flow.advance({})
            if not isinstance(found, Challenge) or found.kind is not asked.kind or found.retry:
                return found
            if found.picture != asked.picture:
                self.account.answer(found)
            asked = found
            time.sleep(asked.poll_seconds)
        raise ChallengeExpired

    def move_to(self, flow: Flow) -> None:
        """Go on in another process's flow, at the same challenge."""
        self.flow = flow

    def _arrived(self, step: Challenge | Grant) -> Challenge | Grant:
        self.step = step
        if isinstance(step, Grant):
            self.made(self.account, step)
        elif not self.kinds or step.kind is not self.kinds[-1]:
            self.kinds.append(step.kind)
        return step


@dataclass(frozen=True)
class Held:
    """A grant and what it was asked for with."""

    grant: Grant
    request: AuthorizationRequest
    account: Account
    kinds: tuple[ChallengeKind, ...]
