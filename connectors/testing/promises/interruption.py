"""Promises about processes that die and runs that come twice."""

from __future__ import annotations

from connectors.interface import Challenge, ChallengeKind, Grant, Resume
from connectors.testing.case import Case
from connectors.testing.promises.promise import Promise
from connectors.testing.site import Account, Who
from connectors.testing.verdict import Broken, NotApplicable
from connectors.testing.walk import Held, Typed
from schema.errors import TaxlinkError


class SealedStateResumesInAnotherProcess(Promise):
    """At every challenge that calls itself serializable, another process goes on with the sealed state."""

    advice = "Flow.state() must hold all that Connector.resume() needs; nothing may live in the connector alone."

    def keep(self, case: Case) -> str:
        account = case.site.account(Who.NEWCOMER)
        request = case.request(account)
        walk, resumed = case.walk(account, request), list[ChallengeKind]()
        while not isinstance(step := walk.onward(), Grant):
            if step.resume is not Resume.SERIALIZABLE:
                continue
            state, before = walk.flow.state(), case.connector()
            walk.flow.close()
            case.drop(before)
            try:
                walk.move_to(case.fresh().resume(request, state))
            except TaxlinkError as error:
                case.say(error)
                raise Broken(f"resuming at {step.kind} raised {error.code}") from None
            resumed.append(step.kind)
            self._answer(case, walk.onward, step)
            if isinstance(walk.step, Grant):
                break
        return self._end(case, walk.step, Held, resumed)


class _Once(Promise):
    """Checks by the portal's log that a company has one grant."""
