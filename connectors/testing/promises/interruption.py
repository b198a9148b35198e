"""Promises about processes that die and runs that come twice."""

from __future__ import annotations

from connectors.interface import AuthorizationRequest, Challenge, ChallengeKind, Grant, Resume
from connectors.testing.case import Case
from connectors.testing.promises.promise import Promise
from connectors.testing.site import Account, Who
from connectors.testing.verdict import Broken, NotApplicable
from connectors.testing.walk import Held, Typed, Walk
from schema.errors import TaxlinkError


class SealedStateResumesInAnotherProcess(Promise):
    """At every challenge that calls itself serializable, another process goes on with the sealed state."""

    advice = (
        "Flow.state() must hold all that Connector.resume() needs; nothing may live in the connector alone."
    )

    def keep(self, case: Case) -> str:
        account = case.site.account(Who.NEWCOMER)
        request = case.request(account)
        walk, resumed = case.walk(account, request), list[ChallengeKind]()
        walk.begin()
        while isinstance(asked := walk.step, Challenge):
            if asked.resume is Resume.SERIALIZABLE and asked.kind not in resumed:
                self._move(case, walk, request)
                resumed.append(asked.kind)
            self._go_on(case, walk, resumed)
        assert isinstance(walk.step, Grant)
        walk.flow.close()
        if not resumed:
            raise NotApplicable("every challenge of the route is bound to a live page")
        return f"resumed at {', '.join(resumed)}"

    def _move(self, case: Case, walk: Walk, request: AuthorizationRequest) -> None:
        """Seal the flow, let its process die, and take it up in another one."""
        state, before = walk.flow.state(), case.connector()
        walk.flow.close()
        case.drop(before)
        walk.move_to(case.fresh().resume(request, state))

    def _go_on(self, case: Case, walk: Walk, resumed: list[ChallengeKind]) -> None:
        try:
            walk.onward()
        except TaxlinkError as error:
            if not resumed:
                raise
            case.say(error)
            raise Broken(f"after resuming at {resumed[-1]}, the right answer raised {error.code}") from None


class CrashInTheMiddleLeavesOneGrant(Promise):
    """When the process dies before the last answer, a new one finishes the authorization, with one grant."""

    advice = "Send request.reference as the idempotency key; look for what is there before anything is made."

    def keep(self, case: Case) -> str:
        if not (kinds := case.shared().kinds):
            raise NotApplicable("the route asks the person nothing, so there is no middle")
        account = case.site.account(Who.NEWCOMER)
        request, before = case.request(account), grants(case, account)
        walk = case.walk(account, request)
        walk.finish(at=lambda asked: asked.kind is kinds[-1])
        # The pages of a dead process are gone with its browser.
        walk.flow.close()
        case.drop(case.connector())
        held = run_again(case, account, request)
        return one_grant(case, account, before, f"receipt {held.grant.receipt} after a crash at {kinds[-1]}")


class DuplicateRunMakesNoSecondGrant(Promise):
    """The same reference run again ends in the same grant, and the portal makes no second one."""

    advice = (
        "Send request.reference as the idempotency key, or read the portal's list of grants before pressing "
        "the button."
    )

    def keep(self, case: Case) -> str:
        first = case.shared()
        before = grants(case, first.account)
        case.drop(case.connector())
        second = run_again(case, first.account, first.request)
        if second.grant.receipt != first.grant.receipt:
            raise Broken("the second run ended in another receipt")
        if case.site.log and grants(case, first.account) != before:
            raise Broken("the portal made a second grant")
        return f"the same receipt {first.grant.receipt}"


def run_again(case: Case, account: Account, request: AuthorizationRequest) -> Held:
    """The same reference in a new process, which first asks the portal whether it is done already."""
    connector = case.fresh()
    again = AuthorizationRequest(
        request.reference, request.taxpayer_id, request.person_id, request.scopes, Typed()
    )
    if (found := connector.existing(again)) is not None:
        case.made(account, found)
        return Held(found, again, account, ())
    return case.granted(case.walk(account, again, connector), again)


def grants(case: Case, account: Account) -> int:
    """Grants that the portal has made for this company; 0 where it has no log."""
    return case.site.log.count("grant_made", account) if case.site.log else 0


def one_grant(case: Case, account: Account, before: int, seen: str) -> str:
    """Raises ``Broken`` unless the portal made one grant since."""
    if case.site.log is None:
        return f"{seen}, as far as can be told without the portal's log"
    if (made := grants(case, account) - before) != 1:
        raise Broken(f"the portal made {made} grants")
    return f"{seen}, one grant"
