"""Authorization by one SMS code, whatever the wire: apply, confirm, grant. The reference is the idempotency
key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import orjson

from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Grant, Resume
from schema.dataset import Route
from schema.errors import (
    Action,
    AnswerInvalid,
    ChallengeExpired,
    ContractChanged,
    GrantRevoked,
    TaxlinkError,
)

_STATE_VERSION = 1


@dataclass(frozen=True)
class Pending:
    """The portal waits for the code that it sent to this masked ``phone``, for so many ``seconds`` more."""

    phone: str
    seconds: int


class Door(Protocol):
    """A portal's methods. Each checks that the answer is of the request's company (``WrongTaxpayer``)."""

    def apply(self, request: AuthorizationRequest) -> Pending | Grant:
        """Send a code, or give the grant that the reference already has."""

    def confirm(self, request: AuthorizationRequest, code: str) -> Pending | Grant:
        """One try, sent once. ``Pending`` for a wrong code while tries remain."""

    def query(self, request: AuthorizationRequest) -> Pending | Grant:
        """How the reference stands. ``ChallengeExpired`` when the portal does not know it, ``GrantRevoked``
        when it is over."""


class SmsFlow:
    """See ``connectors.interface.Flow``. Its state holds no secret: the portal knows the reference."""

    def __init__(self, door: Door, request: AuthorizationRequest) -> None:
        self._door, self._request = door, request

    @classmethod
    def resumed(cls, door: Door, request: AuthorizationRequest, state: bytes) -> SmsFlow:
        """Raises ``ContractChanged`` for a state of another version or another authorization."""
        flow = cls(door, request)
        if orjson.loads(state) != orjson.loads(flow.state()):
            raise ContractChanged("the sealed flow is of another version or authorization")
        return flow

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        if answer is None:
            return _asked(self._door.apply(self._request), retry=False)
        if not (code := answer.get("code", "").strip()):
            raise AnswerInvalid
        return self._confirm(code)

    def existing(self) -> Grant | None:
        """The grant of this reference, by whatever route it was made."""
        try:
            found = self._door.query(self._request)
        except (ChallengeExpired, GrantRevoked):
            return None
        return found if isinstance(found, Grant) else None

    def state(self) -> bytes:
        return orjson.dumps({"version": _STATE_VERSION, "reference": self._request.reference})

    def close(self) -> None:
        """The portal keeps nothing open."""

    def _confirm(self, code: str) -> Challenge | Grant:
        """A code whose fate is unknown is never sent twice: the portal is asked for the outcome instead."""
        try:
            return _asked(self._door.confirm(self._request, code), retry=True)
        except TaxlinkError as error:
            if error.action is not Action.RETRY or (grant := self.existing()) is None:
                raise
            return grant


class SmsRoute:
    """The half of a connector that authorizes: an API whose portal knows the reference."""

    route = Route.API

    def __init__(self, door: Door) -> None:
        self._door = door

    def authorize(self, request: AuthorizationRequest) -> SmsFlow:
        return SmsFlow(self._door, request)

    def resume(self, request: AuthorizationRequest, state: bytes) -> SmsFlow:
        return SmsFlow.resumed(self._door, request, state)

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        return self.authorize(request).existing()

    def standing(self, request: AuthorizationRequest, grant: Grant) -> bool | None:
        try:
            found = self._door.query(request)
        except (ChallengeExpired, GrantRevoked):
            return False
        return isinstance(found, Grant) and found.receipt == grant.receipt


def _asked(outcome: Pending | Grant, *, retry: bool) -> Challenge | Grant:
    if isinstance(outcome, Grant):
        return outcome
    return Challenge(
        ChallengeKind.SMS_CODE, Resume.SERIALIZABLE, outcome.seconds, hint=outcome.phone, retry=retry
    )
