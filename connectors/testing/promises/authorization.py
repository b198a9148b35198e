"""Promises about a right answer and a wrong one."""

from __future__ import annotations

from typing import ClassVar

from connectors.interface import Challenge, ChallengeKind, Grant
from connectors.testing.case import Case
from connectors.testing.promises.promise import Promise
from connectors.testing.site import Who
from connectors.testing.verdict import Broken, NotApplicable
from connectors.testing.walk import Walk
from schema.errors import (
    AccountLocked,
    AnswerInvalid,
    ChallengeRejected,
    CredentialsRejected,
    RoleNotPermitted,
    TaxlinkError,
)

Kinds = tuple[ChallengeKind, ...]


class WrongPasswordIsNeverSentAgain(Promise):
    """A password that the portal rejected is never sent again, and its rejection is told as such."""

    advice = (
        "Call credentials.sending() before the password leaves, credentials.rejected() when it is refused, "
        "raise CredentialsRejected, and ask for CREDENTIALS when credentials.current() gives None."
    )

    def keep(self, case: Case) -> str:
        if ChallengeKind.CREDENTIALS not in case.asked():
            raise NotApplicable("the route asks for no password")
        account = case.site.account(Who.MISTAKEN)
        request = case.request(account)
        walk = case.walk(account, request)
        before = self._rejections(case, walk)
        case.raised(walk.finish, CredentialsRejected, AccountLocked, within="a wrong password")
        walk.flow.close()
        if walk.credentials.moves != ["sending", "rejected"]:
            raise Broken(f"the vault was told {' → '.join(walk.credentials.moves) or 'nothing'}")
        again = case.walk(account, request)
        step = again.begin()
        again.flow.close()
        if not isinstance(step, Challenge) or step.kind is not ChallengeKind.CREDENTIALS:
            raise Broken("the next flow did not ask for a new password first")
        if case.site.log is None:
            return "rejected once and asked anew, as far as can be told without the portal's log"
        if (seen := self._rejections(case, walk) - before) != 1:
            raise Broken(f"the portal saw the password {seen} times")
        return "the portal saw it once"

    def _rejections(self, case: Case, walk: Walk) -> int:
        return case.site.log.count("sign_in_rejected", walk.account) if case.site.log else 0


class RoleThatMayNotAuthorizeIsTold(Promise):
    """Somebody who may not authorize a bank is told so, and no grant is made."""

    advice = "Map the portal's refusal (无授权权限) to RoleNotPermitted in the family's causes or patterns."

    def keep(self, case: Case) -> str:
        account = case.site.account(Who.CLERK)
        before = case.site.log.count("grant_made", account) if case.site.log else 0
        walk = case.walk(account, case.request(account))
        case.raised(walk.finish, RoleNotPermitted, within="a person without authority")
        walk.flow.close()
        if case.site.log and case.site.log.count("grant_made", account) != before:
            raise Broken("the portal made a grant all the same")
        return "role_not_permitted, and no grant"


class WrongAnswer(Promise):
    """A wrong answer to a challenge of ``kinds`` asks again, and the right one then goes on."""

    kinds: ClassVar[Kinds]
    wrong: ClassVar[dict[ChallengeKind, dict[str, str]]]
    advice = (
        "Give the same kind of challenge back with retry=True and the portal's new picture or what is left "
        "of the code's life; keep what the right answer needs."
    )

    def keep(self, case: Case) -> str:
        walk, asked = self._reach(case)
        again = self._refused(case, walk, asked)
        try:
            after = walk.give(walk.account.answer(again))
        except TaxlinkError as error:
            case.say(error)
            raise Broken(f"the right answer after a wrong {asked.kind} raised {error.code}") from None
        finally:
            walk.flow.close()
        if isinstance(after, Challenge) and after.kind in self.kinds:
            raise Broken(f"the right answer after a wrong {asked.kind} was asked for once more")
        return f"{asked.kind}: asked again, then went on"

    def _reach(self, case: Case) -> tuple[Walk, Challenge]:
        """A walk that stands at a challenge of ``kinds``. Raises ``NotApplicable``."""
        if not case.asked() & set(self.kinds):
            if case.site.challenges & set(self.kinds):
                raise Broken(
                    f"the overlay limits {' and '.join(self.kinds)}, which the route never asked for"
                )
            raise NotApplicable(f"the route never asks for {' or '.join(self.kinds)}")
        account = case.site.account(Who.PERMITTED)
        return self._at(case.walk(account, case.request(account)))

    def _at(self, walk: Walk) -> tuple[Walk, Challenge]:
        step = walk.finish(at=lambda asked: asked.kind in self.kinds)
        if isinstance(step, Grant):
            raise NotApplicable(f"this time the route did not ask for {' or '.join(self.kinds)}")
        return walk, step

    def _refused(self, case: Case, walk: Walk, asked: Challenge) -> Challenge:
        """What the portal asks after a wrong answer."""
        try:
            again = walk.flow.advance(self.wrong[asked.kind])
        except TaxlinkError as error:
            case.say(error)
            raise Broken(f"a wrong {asked.kind} raised {error.code}") from None
        if not isinstance(again, Challenge):
            raise Broken(f"a wrong {asked.kind} was granted")
        if again.kind not in self.kinds or not again.retry:
            raise Broken(f"after a wrong {asked.kind} came {again.kind} with retry={again.retry}")
        walk.step = again
        return again


class WrongCaptchaAsksAgain(WrongAnswer):
    """A wrong captcha, be it letters or a slider, asks again, and the right one then goes on."""

    kinds = (ChallengeKind.PICTURE, ChallengeKind.SLIDER)
    wrong: ClassVar = {ChallengeKind.PICTURE: {"text": "0000"}, ChallengeKind.SLIDER: {"x": "3"}}


class WrongSmsCodeAsksAgain(WrongAnswer):
    """A wrong SMS code asks again, and the right one then goes on."""

    kinds = (ChallengeKind.SMS_CODE,)
    wrong: ClassVar = {ChallengeKind.SMS_CODE: {"code": "000000"}}


class _Undone(WrongAnswer):
    """Nothing was done in the app yet: one that is watched stays as it is, any other asks again."""

    def _refused(self, case: Case, walk: Walk, asked: Challenge) -> Challenge:
        if not asked.poll_seconds:
            return super()._refused(case, walk, asked)
        try:
            again = walk.flow.advance({})
        except TaxlinkError as error:
            case.say(error)
            raise Broken(f"looking at {asked.kind} raised {error.code}") from None
        if not isinstance(again, Challenge) or again.kind is not asked.kind or again.retry:
            raise Broken(f"{asked.kind} did not wait for the person")
        walk.step = again
        return again


class UnapprovedRequestAsksAgain(_Undone):
    """An approval that the person has not given is waited for or asked again, and then goes on."""

    kinds = (ChallengeKind.APP_APPROVAL,)
    wrong: ClassVar = {ChallengeKind.APP_APPROVAL: {}}


class UnscannedCodeWaits(_Undone):
    """A code that nobody has scanned is waited for, and the scanned one then goes on."""

    advice = (
        "Ask with poll_seconds, and give the challenge back as it stands while the page waits; renew a code "
        "that has expired."
    )
    kinds = (ChallengeKind.QR,)
    wrong: ClassVar = {ChallengeKind.QR: {}}


class _Refused(WrongAnswer):
    """A wrong answer that goes nowhere, after which the same challenge stands."""

    def _refused(self, case: Case, walk: Walk, asked: Challenge) -> Challenge:
        def give_wrong() -> None:
            walk.flow.advance(self.wrong[asked.kind])

        case.raised(give_wrong, AnswerInvalid, ChallengeRejected, within=f"a wrong {asked.kind}")
        return asked


class ForeignRedirectIsRefused(_Refused):
    """An answer that another authorization was led back with is refused, and the own one then goes on."""

    advice = (
        "Compare the redirect's state in constant time; raise ChallengeRejected; keep the flow as it was."
    )
    kinds = (ChallengeKind.REDIRECT,)
    wrong: ClassVar = {
        ChallengeKind.REDIRECT: {"response": "code=kit&state=kit&iss=https%3A%2F%2Fkit.invalid"}
    }

    def _reach(self, case: Case) -> tuple[Walk, Challenge]:
        """A portal that asks known people in its app leads unknown ones to its page."""
        if not case.asked() & {ChallengeKind.APP_APPROVAL, ChallengeKind.REDIRECT}:
            raise NotApplicable("the route leads nobody to a page of the portal")
        account = case.site.account(Who.PERMITTED)
        return self._at(case.walk(account, case.request(account, anonymous=True)))


class IdentityThatIsNotOfferedIsRefused(_Refused):
    """A company or role that the portal did not offer is refused, and an offered one then goes on."""

    advice = "Raise AnswerInvalid for a choice that is not among the challenge's options, before it is sent."
    kinds = (ChallengeKind.IDENTITY,)
    wrong: ClassVar = {ChallengeKind.IDENTITY: {"choice": "kit-99"}}

    def keep(self, case: Case) -> str:
        if case.site.target.route == "api" and ChallengeKind.IDENTITY not in case.asked():
            raise NotApplicable("the API never asks for an identity")
        asked_everybody = ChallengeKind.IDENTITY in case.asked()
        account = case.site.account(Who.PERMITTED if asked_everybody else Who.CLERK)
        walk, asked = self._at(case.walk(account, case.request(account)))
        again = self._refused(case, walk, asked)
        try:
            walk.give(account.answer(again))
        except RoleNotPermitted as error:
            case.say(error)
        except TaxlinkError as error:
            case.say(error)
            raise Broken(f"the offered choice raised {error.code}") from None
        finally:
            walk.flow.close()
        return "refused, then went on with the offered one"
