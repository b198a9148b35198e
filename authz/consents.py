"""Consents in the store: agreed to, suspended, amended, ended. Every change is an audit record and an event
with its actor and a reason code, and raises the revision that the gate fences with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, update

from authz import clock, rows
from authz.application import Letter
from authz.authorization import Authorization, Progress, State, Trigger
from authz.consent import KEEPS_DATA, Consent, ConsentState, Disposal, Party, digested, states
from authz.consent.artefact import Assent
from authz.heldconsents import HeldConsents, one
from schema.errors import ConsentExpired, ConsentTextMismatch, StateConflict
from store import tables
from store.database import now, reading

_AMENDABLE = {
    State.GRANTED: State.REFRESHING,
    State.FAILED: State.PLANNING,
    State.NEEDS_REPAIR: State.PLANNING,
}
"""From here a run may begin under other terms, and where it begins."""


class Consents(HeldConsents):
    """Moves the consents of authorizations, and the authorizations with them."""

    # --- the party's decision ---

    def agree(
        self,
        id: str,
        text_sha256: str,
        *,
        actor: str,
        party: Party = Party.BORROWER,
        assent: Assent | None = None,
    ) -> Authorization:
        """The person's tap: the consent becomes active, by a signed artefact, when the text that was shown is
        the text that was issued.

        Once nobody else is asked, the first leg begins; an amendment begins a run of its own. A second tap
        changes nothing. Raises ``ConsentTextMismatch``, ``ConsentExpired``, ``StateConflict``.
        """
        with reading(self._engine) as connection:
            current = self._ledger.read(connection, id)
            held = _shown(self._ledger.consents(connection, id), party, text_sha256)
        if held.state is ConsentState.ACTIVE:
            return current
        states.step(held.state, ConsentState.ACTIVE, "agreed")
        _check_amendable(current, held)
        at = self.moment()
        if at >= held.valid_until:
            raise ConsentExpired
        ref, sha256 = self.archive.keep(held, current.taxpayer_id, assent or Assent(), at)
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, id, lock=True)
            again = one(self._ledger.consents(connection, id), held.id)
            if again.state is ConsentState.ACTIVE:
                return current
            _check_amendable(current, again)
            proof = {"artefact_ref": ref, "artefact_sha256": sha256}
            self._move(connection, again, ConsentState.ACTIVE, actor, "agreed", **proof)
            if again.id == current.amendment_id:
                return self._begin_amended(connection, current, actor)
            return self._begin_when_decided(connection, current, actor)

    def end(
        self, id: str, to: ConsentState, *, actor: str, reason: str, consent_id: str | None = None
    ) -> Authorization:
        """End one consent, by default the authorization's own. Where nothing may be kept the authorization
        closes with it, and so do the others; an amendment, and what is not agreed to beside it, end alone.
        A second call changes nothing. Raises ``StateConflict``."""
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, id, lock=True)
            held = one(self._ledger.consents(connection, id), consent_id or current.consent_id)
            if held.state is to:
                return current
            self._move(connection, held, to, actor, reason)
            if to in KEEPS_DATA:
                return current
            if held.id == current.amendment_id:
                return self._drop(connection, held)
            if held.id != current.consent_id and to is not ConsentState.WITHDRAWN:
                return self._begin_when_decided(connection, current, actor)
            return self._close(connection, current, actor)

    def withdraw(self, id: str, *, actor: str) -> Authorization:
        """End every consent of the authorization at once and mark what was read for destruction, also when
        they were used up before. Idempotent."""
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, id, lock=True)
            for each in self._ledger.consents(connection, id):
                if each.state in states.LIVING:
                    self._move(connection, each, ConsentState.WITHDRAWN, actor, "withdrawn")
            return self._close(connection, current, actor)

    def close(self, id: str, *, actor: str) -> Authorization:
        """Close an authorization whose data have come to the end of their life. Idempotent."""
        with self._engine.begin() as connection:
            return self._close(connection, self._ledger.read(connection, id, lock=True), actor)

    def suspend(self, id: str, *, actor: str, reason: str = "paused") -> Authorization:
        """Nothing is read until ``resume``; what is in flight is lost. ``reason`` is paused, disputed or
        investigated. Raises ``StateConflict`` when nothing is active."""
        return self._all(id, ConsentState.ACTIVE, ConsentState.SUSPENDED, actor, reason)

    def resume(self, id: str, *, actor: str) -> Authorization:
        """Go on as before the suspension. Raises ``StateConflict`` when nothing is suspended."""
        return self._all(id, ConsentState.SUSPENDED, ConsentState.ACTIVE, actor, "resumed")

    # --- amendment ---

    def amend(self, connection: Connection, id: str, letter: Letter, *, actor: str) -> Authorization:
        """Ask the borrower for other terms; the consent in force stays until the new one works. One amendment
        at a time: another takes the place of one that was not agreed to. Raises ``StateConflict``."""
        current = self._ledger.read(connection, id, lock=True)
        held = self._ledger.consents(connection, id)
        if one(held, letter.supersedes or "").state is not ConsentState.ACTIVE:
            raise StateConflict("only an active consent is amended")
        if current.amendment_id:
            former = one(held, current.amendment_id)
            if former.state is not ConsentState.AWAITING:
                raise StateConflict("an amendment is under way")
            self._move(connection, former, ConsentState.WITHDRAWN, actor, "amendment_dropped")
            self._drop(connection, former)
        revision = 1 + max(each.revision for each in self._ledger.consents(connection, id))
        connection.execute(insert(tables.consent).values(rows.new_consent(letter, id, revision)))
        self._set(connection, id, amendment_id=letter.id)
        data = {"consent": letter.id, "version": letter.version, "supersedes": letter.supersedes}
        self._ledger.record(connection, id, actor, "consent.amending", data)
        return self._ledger.read(connection, id)

    def worked(self, connection: Connection, current: Authorization) -> None:
        """Something was read under the consent of the present run: one that amends another now supersedes
        it."""
        held = self._ledger.consents(connection, current.id)
        used = one(held, current.consent_id)
        if used.id != current.amendment_id or used.supersedes is None:
            return
        former = one(held, used.supersedes)
        if former.state in states.LIVING:
            self._move(connection, former, ConsentState.SUPERSEDED, "pipeline", "amended")
        self._set(connection, current.id, consent_id=used.id, amendment_id=None, amendment_run=None)

    # --- disposal ---

    def shredded(self, consent: Consent, proofs: Mapping[str, Mapping[str, Any]], *, actor: str) -> None:
        """The keys of this consent are destroyed; the proof of each class goes into the audit log.
        Idempotent."""
        with self._engine.begin() as connection:
            self._ledger.read(connection, consent.authorization_id, lock=True)
            held = one(self._ledger.consents(connection, consent.authorization_id), consent.id)
            if held.disposal is Disposal.SHREDDED:
                return
            self._dispose(connection, held, Disposal.SHREDDED)
            data = {"consent": held.id, "proofs": proofs}
            self._ledger.record(connection, held.authorization_id, actor, "consent.shredded", data)

    # --- time-stamps ---

    def keep_timestamp(self, consent: Consent, response: bytes) -> None:
        """Seal what the time-stamp service answered and record it. The first one stays."""
        ref = self.archive.keep_timestamp(consent, response)
        table = tables.consent
        with self._engine.begin() as connection:
            kept = connection.execute(
                update(table)
                .where(table.c.id == consent.id, table.c.timestamp_ref.is_(None))
                .values(timestamp_ref=ref)
            )
            if kept.rowcount:
                data = {"consent": consent.id}
                self._ledger.record(
                    connection, consent.authorization_id, "scheduler", "consent.timestamped", data
                )

    # --- the moves ---

    def _move(
        self,
        connection: Connection,
        held: Consent,
        to: ConsentState,
        actor: str,
        reason: str,
        **changes: Any,
    ) -> None:
        states.step(held.state, to, reason)
        clock.note(connection, clock.now())
        table, id = tables.consent, held.authorization_id
        revision = 1 + max(each.revision for each in self._ledger.consents(connection, id))
        changed = connection.execute(
            update(table)
            .where(table.c.id == held.id, table.c.revision == held.revision)
            .values(state=to, revision=revision, decided_at=now(), decided_by=actor, reason=reason, **changes)
        )
        if changed.rowcount != 1:
            raise StateConflict("the consent was changed at the same time")
        data = {
            "consent": held.id,
            "party": held.party,
            "from": held.state,
            "to": to,
            "reason": reason,
            "text_sha256": held.text.sha256,
        }
        if "artefact_sha256" in changes:
            data["artefact_sha256"] = changes["artefact_sha256"]
        self._ledger.record(connection, id, actor, "consent.moved", data)

    def _begin_when_decided(
        self, connection: Connection, current: Authorization, actor: str
    ) -> Authorization:
        """The first leg, once the borrower has agreed and nobody else is asked."""
        held = self._ledger.consents(connection, current.id)
        own = one(held, current.consent_id).state is ConsentState.ACTIVE
        asked = any(each.state is ConsentState.AWAITING for each in held)
        if not own or asked or current.state is not State.REQUESTED:
            return current
        self._ledger.move(current.id, State.PLANNING, actor=actor, connection=connection)
        return self._ledger.next_leg(current.id, connection)

    def _begin_amended(self, connection: Connection, current: Authorization, actor: str) -> Authorization:
        return self._ledger.move(
            current.id,
            _AMENDABLE[current.state],
            actor=actor,
            progress=Progress.WAITING,
            connection=connection,
            run=current.run + 1,
            leg=1,
            trigger=Trigger.AMENDMENT,
            amendment_run=current.run + 1,
        )

    def _close(self, connection: Connection, current: Authorization, actor: str) -> Authorization:
        for each in self._ledger.consents(connection, current.id):
            if each.state in states.LIVING:
                self._move(connection, each, ConsentState.WITHDRAWN, actor, "withdrawn_by_another")
            if each.disposal is Disposal.RETAINED:
                self._dispose(connection, each, Disposal.SHRED_PENDING)
        if current.state is State.CLOSED:
            return current
        return self._ledger.move(current.id, State.CLOSED, actor=actor, connection=connection)

    def _drop(self, connection: Connection, amendment: Consent) -> Authorization:
        """Nothing was committed under it: its keys go, and the consent in force goes on."""
        self._dispose(connection, amendment, Disposal.SHRED_PENDING)
        self._set(connection, amendment.authorization_id, amendment_id=None, amendment_run=None)
        return self._ledger.read(connection, amendment.authorization_id)

    def _all(self, id: str, of: ConsentState, to: ConsentState, actor: str, reason: str) -> Authorization:
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, id, lock=True)
            moving = [each for each in self._ledger.consents(connection, id) if each.state is of]
            if not moving:
                raise StateConflict(f"no consent is {of}")
            for each in moving:
                self._move(connection, each, to, actor, reason)
            return current

    @staticmethod
    def _dispose(connection: Connection, held: Consent, to: Disposal) -> None:
        disposal = states.dispose(held.disposal, to)
        connection.execute(
            update(tables.consent).where(tables.consent.c.id == held.id).values(disposal=disposal)
        )

    @staticmethod
    def _set(connection: Connection, id: str, **values: Any) -> None:
        connection.execute(
            update(tables.authorization).where(tables.authorization.c.id == id).values(**values)
        )


def _shown(consents: list[Consent], party: Party, text_sha256: str) -> Consent:
    """The party's consent with this text, as it was issued and not altered since. Raises
    ``ConsentTextMismatch``."""
    for each in reversed(consents):
        text = each.text
        if each.party is party and text.sha256 == text_sha256:
            issued = digested(text.version, text.zh, text.en)
            if issued == text:
                return each
    raise ConsentTextMismatch


def _check_amendable(current: Authorization, held: Consent) -> None:
    if held.id == current.amendment_id and current.state not in _AMENDABLE:
        raise StateConflict(f"no other terms while the authorization is {current.state}")
