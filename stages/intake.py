"""Intake: what people and loan systems do with an authorization once it is submitted."""

from __future__ import annotations

from dataclasses import replace

from authz import gate
from authz.application import letter
from authz.authorization import RERUNNABLE, Authorization, State, Trigger
from authz.challenges import ChallengeState, Relayed
from authz.consent import KEEPS_DATA, Consent, ConsentState, Party, Terms
from authz.consent.artefact import Assent
from connectors.interface import Answer, Resume
from schema.errors import (
    ChallengeExpired,
    StateConflict,
)
from stages import documents
from stages.dispatch import Dispatch
from stages.documents import Handed
from stages.person import person_of
from stages.workshop import Workshop
from store.database import new_id, now


class Intake:
    """Answers, re-runs, links, amends and withdraws. What it starts is handed to a worker, once."""

    def __init__(self, shop: Workshop, dispatch: Dispatch) -> None:
        self._shop, self._dispatch = shop, dispatch

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
            self._dispatch.leg(current)
        return current

    def _known(self, authorization_id: str, party: Party, assent: Assent) -> Assent:
        """The assent with the person as the bank knows them."""
        current = self._shop.ledger.authorization(authorization_id)
        if party is not Party.BORROWER or current.person_ref is None or current.state is State.CLOSED:
            return assent
        known = person_of(self._shop, current)
        return replace(assent, name=known.get("name", ""), id_number=known.get("person_id", ""))

    def decline(self, authorization_id: str, *, actor: str, party: Party = Party.BORROWER) -> Authorization:
        """A person does not agree to what they are asked for. Raises ``StateConflict``."""
        self._shop.ledger.authorization(authorization_id)
        asked = self._shop.consents.asked(authorization_id, party)
        if asked is None:
            raise StateConflict("nobody is asked")
        return end(self._shop, self._dispatch, asked, ConsentState.REJECTED, actor=actor, reason="declined")

    def answer(self, authorization_id: str, challenge_id: str, fields: Answer) -> Relayed:
        """The person's answer. A parked run goes on with its next leg; a live page is woken by the store."""
        try:
            answered = self._shop.challenges.answer(authorization_id, challenge_id, fields)
        except ChallengeExpired:
            self.lapse(authorization_id)
            raise
        if answered.resume is Resume.SERIALIZABLE:
            self._dispatch.leg(self._shop.ledger.authorization(authorization_id))
        return answered

    def lapse(self, authorization_id: str) -> None:
        """Fail a parked run whose challenge has expired, without waiting for the scheduler. Else nothing."""
        asked = self._shop.challenges.latest(authorization_id)
        if asked is None or asked.resume is not Resume.SERIALIZABLE or asked.expires_at > now():
            return
        if asked.state in (ChallengeState.OPEN, ChallengeState.EXPIRED):
            self._shop.challenges.close(asked, ChallengeState.EXPIRED)
            fail_parked(self._shop, asked)

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
        self._dispatch.leg(current)
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

    def withdraw(self, authorization_id: str, *, actor: str) -> Authorization:
        """End every consent at once; the data are destroyed by a worker. A second call changes nothing."""
        current = self._shop.consents.withdraw(authorization_id, actor=actor)
        self._dispatch.disposal(current)
        return current

    def hand_in(self, authorization_id: str, name: str, content: bytes, *, actor: str) -> list[Handed]:
        """Take a file, or each one in a ZIP. What was scored already is scored anew with it; a run that is
        under way takes it. Raises as ``documents.hand_in``."""
        handed = documents.hand_in(self._shop, authorization_id, name, content, actor=actor)
        if (begun := self._shop.documents.take_up(authorization_id, actor=actor)) is not None:
            self._dispatch.leg(begun)
        return handed

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


def end(
    shop: Workshop, dispatch: Dispatch, held: Consent, to: ConsentState, *, actor: str, reason: str
) -> Authorization:
    """End one consent. A worker takes up what waited for its party, and destroys what may not be kept."""
    id = held.authorization_id
    current = shop.consents.end(id, to, actor=actor, reason=reason, consent_id=held.id)
    if current.state is State.PLANNING:
        dispatch.leg(current)
    if to not in KEEPS_DATA and shop.consents.to_shred(id):
        dispatch.disposal(current)
    return current


def fail_parked(shop: Workshop, asked: Relayed) -> None:
    """The run that waited for this answer has failed; any other state stays."""
    current = shop.ledger.authorization(asked.authorization_id)
    if current.state is State.CHALLENGED:
        shop.ledger.move(
            current.id, State.FAILED, actor="scheduler", error_code=ChallengeExpired.cause_code()
        )
