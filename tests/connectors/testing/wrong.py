"""One connector for each promise, which breaks that promise alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

from connectors.interface import AuthorizationRequest, Challenge, ChallengeKind, Grant
from connectors.testing.site import Fault
from schema.dataset import Dataset
from schema.errors import ContractChanged, PortalUnavailable, RateLimited, RouteBroken, TaxlinkError
from schema.period import Period
from schema.raw import RawPage
from tests.connectors.testing.toy import CLERK_ID, EMPTY, Toy, ToyFlow


def _flow(**changes: object) -> type[Toy]:
    """A toy whose flow has these methods."""
    return type("WrongToy", (Toy,), {"flow": type("WrongFlow", (ToyFlow,), changes)})


def _toy(**changes: object) -> type[Toy]:
    return type("WrongToy", (Toy,), changes)


def _pages_lost(self: Toy, company: str, dataset: Dataset, period: Period) -> Iterator[RawPage]:
    yield from list(Toy.pages(self, company, dataset, period))[:1]


def _no_proof(self: Toy, company: str, dataset: Dataset, period: Period) -> Iterator[RawPage]:
    if period != EMPTY:
        yield from Toy.pages(self, company, dataset, period)


def _blind(fault: Fault, cause: type[TaxlinkError] | None) -> type[Toy]:
    """Takes a fault for something else, or for nothing."""

    def fetch(self: Toy, *asked: object) -> Iterator[RawPage]:
        seconds = self.portal.faults.pop(fault, None)
        if seconds is not None and cause is not None:
            raise cause
        try:
            yield from Toy.fetch(self, *asked)  # type: ignore[arg-type]
        finally:
            if seconds is not None:
                self.portal.faults[fault] = seconds

    return _toy(fetch=fetch)


def _sends_twice(self: ToyFlow, password: str) -> bool:
    return ToyFlow.sign_in(self, password) or ToyFlow.sign_in(self, password)


def _forgets_retry(kind: ChallengeKind) -> Callable[[ToyFlow, ChallengeKind], Challenge]:
    def refuse(self: ToyFlow, refused: ChallengeKind) -> Challenge:
        return self.ask(refused) if refused is kind else ToyFlow.refuse(self, refused)

    return refuse


def _takes_any_choice(self: ToyFlow, kind: ChallengeKind) -> Challenge:
    return self.ask("last") if kind is ChallengeKind.IDENTITY else ToyFlow.refuse(self, kind)


def _hides_the_role(self: ToyFlow) -> Grant:
    if self.request.person_id == CLERK_ID:
        raise RouteBroken
    return ToyFlow.granted(self)


def _always_anew(self: ToyFlow) -> Grant:
    """Makes another grant for a reference that has one."""
    known = self.request.reference in self.toy.portal.grants
    made = ToyFlow.granted(self)
    if not known:
        return made
    return replace(made, receipt=self.toy.portal.grant(uuid4().hex, self.request.taxpayer_id))


def _cannot_resume(self: Toy, request: AuthorizationRequest, state: bytes) -> ToyFlow:
    raise ContractChanged


def _grants_after_a_crash(self: ToyFlow) -> Challenge:
    """Makes a second grant when a reference is begun again."""
    if self.request.reference in self.toy.portal.begun and self.request.credentials.current():
        self.toy.portal.grant(uuid4().hex, self.request.taxpayer_id)
    return ToyFlow.begin(self)


def _chatty(self: ToyFlow, password: str) -> bool:
    logging.getLogger("toy").info("signing in with %s", password)
    return ToyFlow.sign_in(self, password)


def _keeps_grants(self: Toy, grant: Grant, taxpayer_id: str) -> None:
    """Forgets to tell the portal."""


def _names_no_time(self: Toy, *asked: object) -> Iterator[RawPage]:
    if Fault.THROTTLED in self.portal.faults:
        raise RateLimited
    yield from Toy.fetch(self, *asked)  # type: ignore[arg-type]


WRONG: dict[str, type[Toy]] = {
    "authorizes_and_reads_every_dataset": _toy(pages=_pages_lost),
    "emptiness_is_proven": _toy(pages=_no_proof),
    "maintenance_is_told": _blind(Fault.MAINTENANCE, PortalUnavailable),
    "throttling_is_honoured": _toy(fetch=_names_no_time),
    "changed_layout_gives_no_data": _blind(Fault.LAYOUT_CHANGED, None),
    "another_company_is_never_read": _blind(Fault.WRONG_COMPANY, None),
    "duplicate_run_makes_no_second_grant": type(
        "WrongToy", (_flow(granted=_always_anew),), {"existing": lambda self, request: None}
    ),
    "wrong_password_is_never_sent_again": _flow(sign_in=_sends_twice),
    "wrong_captcha_asks_again": _flow(refuse=_forgets_retry(ChallengeKind.PICTURE)),
    "wrong_sms_code_asks_again": _flow(refuse=_forgets_retry(ChallengeKind.SMS_CODE)),
    "unapproved_request_asks_again": _flow(approved=lambda self: self.granted()),
    "unscanned_code_waits": _flow(looked=lambda self: self.ask("last")),
    "foreign_redirect_is_refused": _flow(led_back=lambda self, answer: self.granted()),
    "identity_that_is_not_offered_is_refused": _flow(refuse=_takes_any_choice),
    "role_that_may_not_authorize_is_told": _flow(granted=_hides_the_role),
    "sealed_state_resumes_in_another_process": _toy(resume=_cannot_resume),
    "crash_in_the_middle_leaves_one_grant": _flow(begin=_grants_after_a_crash),
    "expired_session_is_told": _blind(Fault.SESSION_LOST, RouteBroken),
    "revocation_ends_reading": _toy(revoke=_keeps_grants),
    "nothing_secret_is_told": _flow(sign_in=_chatty),
}
