"""Intake: what starts or ends the work. Loan systems, borrowers, operations and the scheduler all come
through here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from authz import gate
from authz.application import Application, letter, letters
from authz.authorization import RERUNNABLE, Authorization, State, Trigger
from authz.challenges import ChallengeState, Relayed
from authz.consent import KEEPS_DATA, Consent, ConsentState, Party, Terms
from authz.consent.artefact import Assent
from connectors.interface import Answer, Resume
from connectors.overlay import overlay
from connectors.places import Place
from schema.errors import (
    ChallengeExpired,
    IdempotencyConflict,
    StateConflict,
    TaxlinkError,
    TimestampRefused,
)
from stages import canaries, standing
from stages.application import institutions
from stages.canaries import CANARY
from stages.workshop import Workshop
from store import tables
from store.database import new_id, now
from vault.reference import KeyClass

log = structlog.get_logger()

StartLeg = Callable[[Authorization], None]
StartDisposal = Callable[[Authorization], None]
StartCanary = Callable[[Place, datetime], None]
LEG, DISPOSAL = "leg", "disposal"
"""Two of the kinds of work that are handed to the workers, by the names of their workflows; the third is
``stages.canaries.CANARY``."""
MOST_CANARIES = 6
"""How many set out at a time, so that they spread over the hour."""
STANDING_HOURS = timedelta(hours=24)
MOST_GRANTS = 50
"""How old the portal's word on a grant may be, and how many grants are asked for at a time."""
MOST_STAMPS = 50
"""How many consents are stamped at a time."""


@dataclass(frozen=True)
class Submitted:
    """An authorization and the token of its borrower's link. ``replayed`` when the idempotency key was seen
    before."""

    authorization: Authorization
    token: str
    replayed: bool
    others: dict[Party, str]
    """The tokens of the other parties who are asked."""


class Intake:
    """Starts, answers, re-runs, refreshes and withdraws. ``start_leg`` hands the present leg to a worker,
    once."""

    def __init__(
        self, shop: Workshop, start_leg: StartLeg, start_disposal: StartDisposal, start_canary: StartCanary
    ) -> None:
        self._shop, self._start_leg, self._start_disposal = shop, start_leg, start_disposal
        self._start_canary = start_canary

    def submit(
        self,
        application: Application,
        person: dict[str, str],
        *,
        actor: str,
        idempotency: tuple[str, str] | None = None,
    ) -> Submitted:
        """A new authorization that waits for the borrower's tap.

        ``person`` holds the acting person's ``name``, ``person_id`` and ``phone`` as far as the bank knows
        them; it is sealed. ``idempotency`` is (key, SHA-256 of the request body). Raises ``UnknownRegion``,
        ``IdempotencyConflict``.
        """
        overlay(application.region)
        if idempotency and (earlier := self._replayed(application.tenant, idempotency)):
            return earlier
        try:
            current, tokens = self._open(application, person, actor, idempotency)
        except IntegrityError:  # the same key arrived at the same time and was first
            if idempotency and (earlier := self._replayed(application.tenant, idempotency)):
                return earlier
            raise
        return _submitted(current, tokens, replayed=False)

    def _open(
        self,
        application: Application,
        person: dict[str, str],
        actor: str,
        idempotency: tuple[str, str] | None,
    ) -> tuple[Authorization, dict[Party, str]]:
        """The authorization with its person, links and key, all or none. Raises ``IntegrityError`` for a key
        in use."""
        shop, id = self._shop, new_id("auth")
        drawn = letters(
            application,
            lambda each: institutions(shop.settings, application.tenant, application.region, each),
            lambda: new_id("con"),
            now(),
        )
        person_ref = self._seal_person(drawn[0].id, person) if any(person.values()) else None
        with shop.store.begin() as connection:
            current = shop.ledger.open(
                connection,
                application,
                drawn,
                actor=actor,
                id=id,
                person_ref=person_ref,
            )
            tokens = {
                party: shop.links.issue(connection, id, party=party)
                for party in dict.fromkeys(each.party for each in drawn)
            }
            if idempotency:
                connection.execute(
                    insert(tables.idempotency).values(
                        tenant=application.tenant,
                        key=idempotency[0],
                        body_sha256=idempotency[1],
                        authorization_id=id,
                        created_at=now(),
                    )
                )
        return current, tokens

    def _seal_person(self, consent_id: str, person: dict[str, str]) -> str:
        content = json.dumps(person, ensure_ascii=False).encode()
        return self._shop.vault.seal(consent_id, "person", content, key_class=KeyClass.DATA)

    def agree(
        self,
        authorization_id: str,
        text_sha256: str,
        *,
        actor: str,
        party: Party = Party.BORROWER,
        assent: Assent | None = None,
    ) -> Authorization:
        """A person's one tap. Raises ``ConsentTextMismatch``, ``ConsentExpired``, ``StateConflict``."""
        known = self._known(authorization_id, party, assent or Assent())
        current = self._shop.consents.agree(
            authorization_id, text_sha256, actor=actor, party=party, assent=known
        )
        if current.leg:  # everybody who was asked has decided
            self._start_leg(current)
        return current

    def _known(self, authorization_id: str, party: Party, assent: Assent) -> Assent:
        """The assent with the person as the bank knows them."""
        current = self._shop.ledger.authorization(authorization_id)
        if party is not Party.BORROWER or current.person_ref is None or current.state is State.CLOSED:
            return assent
        person = json.loads(self._shop.vault.unseal(current.person_ref))
        return replace(assent, name=person.get("name", ""), id_number=person.get("person_id", ""))

    def decline(self, authorization_id: str, *, actor: str, party: Party = Party.BORROWER) -> Authorization:
        """A person does not agree to what they are asked for. Raises ``StateConflict``."""
        shop = self._shop
        current = shop.ledger.authorization(authorization_id)
        asked = shop.consents.asked(authorization_id, party)
        if asked is None:
            raise StateConflict("nobody is asked")
        current = shop.consents.end(
            authorization_id, ConsentState.REJECTED, actor=actor, reason="declined", consent_id=asked.id
        )
        if current.state is State.PLANNING:
            self._start_leg(current)
        if shop.consents.to_shred(authorization_id):
            self._start_disposal(current)
        return current

    def answer(self, authorization_id: str, challenge_id: str, fields: Answer) -> Relayed:
        """The person's answer. A parked run goes on with its next leg; a live page is woken by the store."""
        try:
            answered = self._shop.challenges.answer(authorization_id, challenge_id, fields)
        except ChallengeExpired:
            self.lapse(authorization_id)
            raise
        if answered.resume is Resume.SERIALIZABLE:
            self._start_leg(self._shop.ledger.authorization(authorization_id))
        return answered

    def lapse(self, authorization_id: str) -> None:
        """Fail a parked run whose challenge has expired, without waiting for the scheduler. Else nothing."""
        asked = self._shop.challenges.latest(authorization_id)
        if asked is None or asked.resume is not Resume.SERIALIZABLE or asked.expires_at > now():
            return
        if asked.state in (ChallengeState.OPEN, ChallengeState.EXPIRED):
            self._shop.challenges.close(asked, ChallengeState.EXPIRED)
            self._fail_parked(asked)

    def rerun(self, authorization_id: str, *, actor: str) -> Authorization:
        """Try a failed authorization again under the same id and consent. Raises ``StateConflict`` and the
        gate's errors."""
        current = self._shop.ledger.authorization(authorization_id)
        if current.state not in RERUNNABLE:
            raise StateConflict(f"nothing to re-run while the authorization is {current.state}")
        gate.check_live(self._shop.ledger.consent(current.consent_id), now())
        trigger = Trigger.APPLICATION if actor == "borrower" else Trigger.OPERATIONS
        tried = current.amendment_run == current.run
        current = self._shop.ledger.next_run(
            authorization_id, State.PLANNING, actor=actor, trigger=trigger, amended=tried
        )
        self._start_leg(current)
        return current

    def link(self, authorization_id: str, *, actor: str, party: Party = Party.BORROWER) -> str:
        """The token of a fresh link for this party: the one before was lost or has expired, or they are
        needed again. Raises ``StateConflict`` once the authorization is closed."""
        shop = self._shop
        with shop.store.begin() as connection:
            if shop.ledger.read(connection, authorization_id, lock=True).state is State.CLOSED:
                raise StateConflict("nothing is left to do")
            token = shop.links.issue(connection, authorization_id, party=party)
            shop.ledger.record(connection, authorization_id, actor, "link.issued", {"party": party})
        return token

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
        self._start_leg(current)
        return current

    def withdraw(self, authorization_id: str, *, actor: str) -> Authorization:
        """End every consent at once; the data are destroyed by a worker. A second call changes nothing."""
        current = self._shop.consents.withdraw(authorization_id, actor=actor)
        self._start_disposal(current)
        return current

    def suspend(self, authorization_id: str, *, actor: str, reason: str = "paused") -> Authorization:
        """Nothing is read until ``resume``. Raises ``StateConflict``."""
        return self._shop.consents.suspend(authorization_id, actor=actor, reason=reason)

    def resume(self, authorization_id: str, *, actor: str) -> Authorization:
        """Read again as before. Raises ``StateConflict``."""
        return self._shop.consents.resume(authorization_id, actor=actor)

    def amend(self, authorization_id: str, terms: Terms, *, actor: str) -> str:
        """Ask the borrower for other terms: the token of the link that shows them. The consent in force stays
        until the new one works. Raises ``ConsentBeyondTemplate``, ``StateConflict``."""
        shop = self._shop
        current = shop.ledger.authorization(authorization_id)
        held = shop.ledger.consent(current.consent_id)
        drawn = letter(
            new_id("con"),
            current.taxpayer_id,
            held.party,
            held.data_class,
            held.institutions,
            terms,
            now(),
            version=held.version + 1,
            supersedes=held.id,
        )
        with shop.store.begin() as connection:
            shop.consents.amend(connection, authorization_id, drawn, actor=actor)
            return shop.links.issue(connection, authorization_id)

    # --- what the scheduler calls ---

    def expire(self) -> int:
        """End what is overdue: challenges (their run fails), unanswered links (consent lapses), consents. How
        many ended."""
        overdue = self._shop.challenges.overdue()
        for asked in overdue:
            self._shop.challenges.close(asked, ChallengeState.EXPIRED)
            if asked.resume is Resume.SERIALIZABLE:
                self._fail_parked(asked)
        ended = self._shop.due.overdue_consents()
        for held in ended:
            self._overdue(held)
        return len(overdue) + len(ended)

    def _overdue(self, held: Consent) -> None:
        to = ConsentState.LAPSED if held.state is ConsentState.AWAITING else ConsentState.EXPIRED
        id = held.authorization_id
        current = self._shop.consents.end(id, to, actor="scheduler", reason="overdue", consent_id=held.id)
        if current.state is State.PLANNING:
            self._start_leg(current)
        if to not in KEEPS_DATA and self._shop.consents.to_shred(id):
            self._start_disposal(current)

    def sweep(self) -> int:
        """Start again what a crash left between two writes (a started leg stays one): answered but not taken
        up, agreed but not started, closed but not destroyed. How many."""
        lost = self._shop.challenges.unheard()
        for asked in lost:
            self._start_leg(self._shop.ledger.authorization(asked.authorization_id))
        waiting = self._shop.due.unstarted(now() - timedelta(seconds=30))
        for current in waiting:
            self._start_leg(current)
        undisposed = self._shop.due.undisposed()
        for current in undisposed:
            self._start_disposal(current)
        return len(lost) + len(waiting) + len(undisposed)

    def outlive(self) -> int:
        """Close and destroy what has reached the end of its data life."""
        outlived = self._shop.due.outlived()
        for authorization_id in outlived:
            self._start_disposal(self._shop.consents.close(authorization_id, actor="scheduler"))
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

    def look(self) -> int:
        """Send canaries to routes where the last one set out too long ago; how many."""
        places = canaries.due(self._shop)[:MOST_CANARIES]
        for place in places:
            self._start_canary(place, self._shop.canaries.set_out(place))
        return len(places)

    def _fail_parked(self, asked: Relayed) -> None:
        current = self._shop.ledger.authorization(asked.authorization_id)
        if current.state is State.CHALLENGED:
            self._shop.ledger.move(
                current.id, State.FAILED, actor="scheduler", error_code=ChallengeExpired.cause_code()
            )

    def _replayed(self, tenant: str, idempotency: tuple[str, str]) -> Submitted | None:
        table, shop = tables.idempotency, self._shop
        with shop.store.begin() as connection:
            row = connection.execute(
                select(table).where(table.c.tenant == tenant, table.c.key == idempotency[0])
            ).one_or_none()
            if row is None:
                return None
            if row.body_sha256 != idempotency[1]:
                raise IdempotencyConflict
            held = shop.ledger.consents(connection, row.authorization_id)
            tokens = {
                party: shop.links.issue(connection, row.authorization_id, party=party)
                for party in dict.fromkeys(each.party for each in held)
            }
        return _submitted(shop.ledger.authorization(row.authorization_id), tokens, replayed=True)


def _submitted(current: Authorization, tokens: dict[Party, str], *, replayed: bool) -> Submitted:
    others = dict(tokens)
    return Submitted(current, others.pop(Party.BORROWER), replayed, others)


def by_queue(shop: Workshop, enqueue: Callable[..., None]) -> Intake:
    """The intake of a process whose work is done by workers. ``enqueue(workflow, key, *arguments)`` hands it
    over, once a key."""

    def start_leg(current: Authorization) -> None:
        enqueue(LEG, current.leg_key, current.id, current.leg_key)

    def start_disposal(current: Authorization) -> None:
        enqueue(DISPOSAL, f"{current.id}.disposal", current.id)

    def start_canary(place: Place, at: datetime) -> None:
        enqueue(CANARY, f"{CANARY}.{place}.{at:%Y%m%dT%H%M%S}", place.region, place.route)

    return Intake(shop, start_leg, start_disposal, start_canary)
