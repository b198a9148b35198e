"""Stage 1, authorize: route by route until the portal grants, a person is needed, or nothing is left to
try."""

from __future__ import annotations

import dataclasses

from authz import gate
from authz.authorization import Authorization, State
from authz.challenges import ChallengeState, Relayed
from authz.credentials import SealedCredentials
from connectors import router
from connectors.interface import (
    Answer,
    AuthorizationRequest,
    Challenge,
    ChallengeKind,
    Connector,
    Flow,
    Grant,
    Resume,
)
from connectors.overlay import overlay
from connectors.router import Choice
from schema.dataset import Route
from schema.errors import (
    Action,
    ChallengeRejected,
    RouteAbsent,
    SecretSpent,
    SessionExpired,
    TaxlinkError,
)
from stages import evidence, livepage, patience, visit
from stages.outcome import Outcome, ended, waiting, waits
from stages.person import person_of
from stages.returning import Returning
from stages.workshop import Workshop
from store.database import now
from vault.reference import KeyClass

_READY = frozenset({State.GRANTED, State.REFRESHING})
_WORKABLE = frozenset({State.PLANNING, State.CHALLENGED})
_RENEWAL = "renewal"


def authorize(shop: Workshop, authorization_id: str, leg_key: str) -> Outcome:
    """``granted``, ``parked`` (a challenge waits for the person), ``wait`` (until the portal opens) or
    ``ended`` with its code."""
    current = shop.ledger.authorization(authorization_id)
    if current.leg_key != leg_key or _parked(shop, current):
        return Outcome("parked")  # a killed worker's leg, taken up again after it had asked its question
    if current.state in _READY:
        return Outcome("granted")
    if current.state is State.CLOSED:
        return Outcome("ended", code=current.error_code or "consent_withdrawn")
    try:
        gate.check_live(shop.ledger.consent(current.consent_id), now())
        if current.state in _WORKABLE:
            current = shop.ledger.move(current.id, State.WORKING, actor="pipeline")
        return _try_routes(shop, current)
    except TaxlinkError as error:
        return waiting(shop, authorization_id, error) or ended(shop, authorization_id, error)


def _try_routes(shop: Workshop, current: Authorization) -> Outcome:
    parked = _answered(shop, current)
    choice: Choice | Outcome = Choice(parked.route, "answered") if parked else _choose(shop, current)
    while True:
        if isinstance(choice, Outcome):
            return choice
        if (refused := visit.enter(shop, current, choice.route)) is not None:
            return refused
        attempt = shop.attempts.begin(current, choice.route, choice.why)
        recorder = shop.lines.recorder(current.id, choice.route)
        recorder.begin()
        try:
            outcome = "granted" if _Attempt(shop, current, choice.route).run(parked) else "parked"
            ref = evidence.kept(shop, current, recorder, outcome)
            shop.attempts.end(attempt, current.id, outcome, evidence_ref=ref)
            return Outcome(outcome)
        except TaxlinkError as error:
            # A wait does not use up the route: the next turn tries it again.
            forgotten = patience.forgotten(shop, current, error)
            outcome = "waiting" if forgotten or error.action is Action.WAIT else "failed"
            ref = evidence.kept(shop, current, recorder, outcome, error)
            shop.attempts.end(
                attempt,
                current.id,
                outcome,
                error_code=error.code,
                detail=error.detail,
                evidence_ref=ref,
            )
            visit.failed(shop, current, choice.route, error)
            if not forgotten and not router.falls_back(error):
                raise
            visit.leave(shop, current.id, choice.route)
            parked = None
            try:
                choice = _choose(shop, current)
            except RouteAbsent:
                raise error from None


def _choose(shop: Workshop, current: Authorization) -> Choice | Outcome:
    """The next route, or a wait while the breakers of all that are left have them rest, or until a fault has
    passed. Raises ``RouteAbsent`` when every route of the region was tried in this run."""
    failed = shop.attempts.failed_routes(current)
    scopes = shop.ledger.consent(current.consent_id).scopes
    resting = visit.resting(shop, current.region)
    choice = router.next_route(overlay(current.region), scopes, failed, frozenset(resting))
    if choice is not None:
        return choice
    if (later := router.next_route(overlay(current.region), scopes, failed)) is None:
        if (passing := patience.again(shop, current)) is not None:
            return passing
        raise RouteAbsent("no route is left")
    return waits(shop, current.id, router.BREAKER_OPEN, resting[later.route])


def _parked(shop: Workshop, current: Authorization) -> bool:
    """Whether this leg has asked its question already."""
    asked = shop.challenges.open_one(current.id)
    return asked is not None and asked.run == current.run and asked.resume is Resume.SERIALIZABLE


def _answered(shop: Workshop, current: Authorization) -> Relayed | None:
    """The challenge whose answer this leg takes up, when its flow can be resumed."""
    newest = shop.challenges.latest(current.id)
    if newest is None or newest.run != current.run or newest.resume is not Resume.SERIALIZABLE:
        return None
    return newest if newest.state is ChallengeState.ANSWERED else None


class _Attempt:
    """One try of one route."""

    def __init__(self, shop: Workshop, current: Authorization, route: Route) -> None:
        self._shop, self._current, self._route = shop, current, route
        self._recorder = shop.lines.recorder(current.id, route)
        self._connector: Connector = shop.lines.get(current, route)
        self._asked: Relayed | None = None
        self._returning = Returning(shop, current, route)

    def run(self, parked: Relayed | None) -> bool:
        """True when granted, False when parked. Raises the portal's faults."""
        self._asked = parked
        if parked is not None:
            self._recorder.step(f"answered:{parked.kind}")
        request = self._request(parked)
        flow, answer = self._begin(request, parked)
        answered = answer is not None
        try:
            return self._advance(flow, answer, request)
        except TaxlinkError as error:
            self._returning.failed(error)
            self._close_asked(
                ChallengeState.REJECTED if error.action is Action.STOP else ChallengeState.SUPERSEDED
            )
            if answered and router.falls_back(error) and self.granted_after_all(request):
                return True
            raise
        finally:
            flow.close()

    def _advance(self, flow: Flow, answer: Answer | None, request: AuthorizationRequest) -> bool:
        result = flow.advance(answer)
        while True:
            again = isinstance(result, Challenge) and result.retry
            self._close_asked(ChallengeState.REJECTED if again else ChallengeState.ACCEPTED)
            if isinstance(result, Grant):
                visit.worked(self._shop, self._current, self._route)
                self._keep(result, request)
                return True
            self._returning.asked()
            if result.kind is not ChallengeKind.CREDENTIALS:  # asked for before the portal is
                visit.worked(self._shop, self._current, self._route)
            following = self._ask(flow, result)
            if following is None:
                return False
            result = following

    def _ask(self, flow: Flow, shown: Challenge) -> Challenge | Grant | None:
        """What follows a live challenge, or None when the run is parked."""
        challenge = self._within_budget(shown)
        self._recorder.step(f"asked:{challenge.kind}")
        parks = challenge.resume is Resume.SERIALIZABLE
        state = flow.state() if parks else None
        if parks:
            # Before the question can be seen: its answer starts a leg, maybe elsewhere, that needs the place.
            flow.close()
            visit.leave(self._shop, self._current.id)
        self._asked = self._shop.challenges.put(
            self._current, self._route, challenge, flow_state=state, owner=self._shop.name
        )
        if parks:
            self._asked = None
            return None
        if shown.poll_seconds:
            following = livepage.watched(self._shop, self._asked, flow, shown)
            self._recorder.step(f"acted:{challenge.kind}")
            return following
        answer = livepage.answer(self._shop, self._asked)
        self._recorder.step(f"answered:{challenge.kind}")
        self._shop.ledger.move(self._current.id, State.WORKING, actor="pipeline")
        return flow.advance(answer)

    def _within_budget(self, challenge: Challenge) -> Challenge:
        """The challenge within what the overlay grants. Raises ``ChallengeRejected`` when the wrong answers
        are spent."""
        shop, current = self._shop, self._current
        rules = shop.rules(current.region, self._route).challenges.get(challenge.kind)
        if rules is None:
            return challenge
        refused = shop.challenges.refused(current.id, current.run, challenge.kind)
        if challenge.retry and refused >= rules.tries:
            raise ChallengeRejected("the portal's tries are nearly spent; nothing more is sent in this run")
        return dataclasses.replace(challenge, seconds=min(challenge.seconds, rules.seconds))

    def _begin(self, request: AuthorizationRequest, parked: Relayed | None) -> tuple[Flow, Answer | None]:
        if parked is None or parked.flow_ref is None:
            return self._connector.authorize(request), None
        flow = self._connector.resume(request, self._shop.vault.unseal(parked.flow_ref))
        if parked.kind is ChallengeKind.CREDENTIALS:
            return flow, None  # the flow reads them through ``request.credentials``
        try:
            return flow, self._shop.challenges.take(parked)
        except SecretSpent:
            # A worker died after it had opened the answer: nobody knows whether the portal saw it. Begin
            # again; the portal knows the reference and makes no second grant.
            flow.close()
            return self._connector.authorize(request), None

    def granted_after_all(self, request: AuthorizationRequest | None = None) -> bool:
        """Ask the portal, without a person, whether it holds the grant of this reference; then keep it."""
        request = request or self._request(None)
        try:
            grant = self._connector.existing(request)
        except TaxlinkError:
            return False  # it cannot be asked either; the reference keeps the next route from a second grant
        if grant is not None:
            self._keep(grant, request)
        return grant is not None

    def _keep(self, grant: Grant, request: AuthorizationRequest) -> None:
        shop, id = self._shop, self._current.id
        self._recorder.step("granted")
        self._recorder.receipt(grant.receipt, grant.granted_at)
        self._returning.granted(grant, request.credentials)
        ref = shop.vault.seal(self._current.vault_owner, "grant", grant.secret, key_class=KeyClass.CREDENTIAL)
        with shop.store.begin() as connection:
            shop.grants.keep(connection, id, self._route, grant, ref)
            if owner := self._returning.signed_in_under:
                shop.ledger.record(connection, id, "pipeline", "session.reused", {"signed_in_under": owner})
            if self._current.state is not State.REFRESHING:
                shop.ledger.move(id, State.GRANTED, actor="portal", connection=connection, route=self._route)

    def _close_asked(self, state: ChallengeState) -> None:
        if self._asked is not None:
            self._shop.challenges.close(self._asked, state)
            self._asked = None

    def _request(self, parked: Relayed | None) -> AuthorizationRequest:
        current, shop = self._current, self._shop
        entered = shop.challenges.credentials_ref(current.id, current.run)
        person_id = person_of(shop, current).get("person_id", "")
        consent = shop.ledger.consent(current.consent_id)
        served = overlay(current.region).route(self._route).datasets
        return AuthorizationRequest(
            reference=consent.reference,
            taxpayer_id=current.taxpayer_id,
            person_id=person_id,
            scopes={dataset: days for dataset, days in consent.scopes.items() if dataset in served},
            credentials=SealedCredentials(shop.secrets, entered),
            session=self._returning.begin(person_id) if parked is None else None,
        )


def renewed(shop: Workshop, current: Authorization, route: Route) -> bool:
    """Whether a refresh whose session has ended may go on without the person, as the portal tells the grant
    of this reference again. Tried once a run."""
    mine = [each for each in shop.attempts.of(current.id) if each["run"] == current.run]
    if any(each["why"] == _RENEWAL for each in mine):
        return False
    attempt = shop.attempts.begin(current, route, _RENEWAL)
    recorder = shop.lines.recorder(current.id, route)
    recorder.begin()
    granted = _Attempt(shop, current, route).granted_after_all()
    outcome, error = ("granted", None) if granted else ("failed", SessionExpired())
    ref = evidence.kept(shop, current, recorder, outcome, error)
    code = None if granted else SessionExpired.cause_code()
    shop.attempts.end(attempt, current.id, outcome, error_code=code, evidence_ref=ref)
    return granted
