"""Single-use secrets: passwords and answers, sealed on arrival, sent once, never again after a rejection.

``sealed → sent → accepted | rejected | destroyed``. The state is durable and every move is a compare-and-set,
so that of two processes one sends. After a crash between ``sending`` and the portal's verdict nobody knows
what became of the secret: it stays *sent*, opens no more, and the person is asked again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import ColumnElement, Row, insert, select, update

from schema.errors import SealBroken, SecretSpent
from vault import tables
from vault.reference import KeyClass, Reference
from vault.vault import Vault


class SecretState(StrEnum):
    """Where a secret is in its one life."""

    SEALED = "sealed"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DESTROYED = "destroyed"


MOVES: dict[SecretState, frozenset[SecretState]] = {
    SecretState.SENT: frozenset({SecretState.SEALED, SecretState.ACCEPTED}),
    SecretState.ACCEPTED: frozenset({SecretState.SENT}),
    SecretState.REJECTED: frozenset({SecretState.SENT}),
    SecretState.DESTROYED: frozenset({SecretState.SEALED, SecretState.SENT, SecretState.ACCEPTED}),
}
"""Each state and those it is reached from. An accepted password may sign in again within its flow; a rejected
one stays *rejected* for good, so that it is recognised when it is typed again."""

OPEN = frozenset({SecretState.SEALED, SecretState.ACCEPTED})
"""The states in which a secret opens."""


class Secrets:
    """The single-use secrets of one vault. ``owner`` is a consent's id, as for the vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def put(self, owner: str, kind: str, fields: Mapping[str, str]) -> str:
        """Seal an answer and return its reference.

        Raises ``SecretSpent`` when the portal rejected the same answer of this owner before, ``KeyDestroyed``
        when the owner's credentials were destroyed.
        """
        reference = Reference(KeyClass.CREDENTIAL, owner, kind, uuid.uuid4().hex, 1)
        fingerprint = self._vault.fingerprint(owner, _canonical(kind, fields))
        column = tables.secret.c
        known = self._of(owner) & (column.fingerprint == fingerprint)
        with self._vault.engine.connect() as connection:
            query = select(column.id).where(known, column.state == SecretState.REJECTED.value).limit(1)
            if connection.execute(query).first():
                raise SecretSpent
        sealed = self._vault.seal_bytes(reference, json.dumps(dict(fields)).encode())
        with self._vault.engine.begin() as connection:
            connection.execute(
                insert(tables.secret).values(
                    id=reference.id,
                    tenant=self._vault.tenant,
                    owner=owner,
                    kind=kind,
                    state=SecretState.SEALED.value,
                    fingerprint=fingerprint,
                    sealed=sealed,
                )
            )
        self._vault.settle(owner, KeyClass.CREDENTIAL)
        return str(reference)

    def state(self, ref: str) -> SecretState:
        """Where the secret is. Raises ``SealBroken`` when there is none of this name."""
        return SecretState(self._row(Reference.parse(ref)).state)

    def current(self, ref: str) -> dict[str, str]:
        """The answer, while it may be sent. Raises ``SecretSpent`` once sent, rejected or destroyed."""
        reference = Reference.parse(ref)
        row = self._row(reference)
        if row.state not in OPEN or row.sealed is None:
            raise SecretSpent
        return self._opened(reference, row.sealed)

    def sending(self, ref: str) -> None:
        """Say, durably and before it is used, that the secret is sent now.

        Raises ``SecretSpent`` to all but one caller.
        """
        self._must_move(ref, SecretState.SENT)

    def accepted(self, ref: str) -> None:
        """The portal took it; it may be opened again until it is destroyed. Raises ``SecretSpent``."""
        self._must_move(ref, SecretState.ACCEPTED)

    def rejected(self, ref: str) -> None:
        """The portal refused it: the content is destroyed, its fingerprint kept. Raises ``SecretSpent``."""
        self._must_move(ref, SecretState.REJECTED)

    def take(self, ref: str) -> dict[str, str]:
        """Open once and destroy, for SMS codes and captchas. Raises ``SecretSpent`` to all but one caller."""
        answer = self.current(ref)
        self._must_move(ref, SecretState.DESTROYED)
        return answer

    def destroy(self, ref: str) -> None:
        """Destroy the content. Idempotent; a rejected secret stays *rejected*."""
        self._move(self._at(Reference.parse(ref)), SecretState.DESTROYED)

    def destroy_owner(self, owner: str) -> None:
        """Destroy all of an owner's secrets, when its flow has ended. Idempotent."""
        self._move(self._of(owner), SecretState.DESTROYED)

    def _must_move(self, ref: str, to: SecretState) -> None:
        if self._move(self._at(Reference.parse(ref)), to) != 1:
            raise SecretSpent

    def _move(self, which: ColumnElement[bool], to: SecretState) -> int:
        sources = [state.value for state in MOVES[to]]
        values: dict[str, object] = {"state": to.value}
        if to in (SecretState.REJECTED, SecretState.DESTROYED):
            values["sealed"] = None
        change = update(tables.secret).where(which, tables.secret.c.state.in_(sources)).values(values)
        with self._vault.engine.begin() as connection:
            return connection.execute(change).rowcount

    def _opened(self, reference: Reference, sealed: bytes) -> dict[str, str]:
        content = json.loads(self._vault.open_bytes(reference, sealed))
        return {str(name): str(value) for name, value in content.items()}

    def _row(self, reference: Reference) -> Row[str, bytes | None]:
        columns = tables.secret.c
        with self._vault.engine.connect() as connection:
            row = connection.execute(
                select(columns.state, columns.sealed).where(self._at(reference))
            ).one_or_none()
        if row is None:
            raise SealBroken("no such secret")
        return row

    def _at(self, reference: Reference) -> ColumnElement[bool]:
        return self._of(reference.owner) & (tables.secret.c.id == reference.id)

    def _of(self, owner: str) -> ColumnElement[bool]:
        return (tables.secret.c.tenant == self._vault.tenant) & (tables.secret.c.owner == owner)


def _canonical(kind: str, fields: Mapping[str, str]) -> bytes:
    """What makes two answers the same to a portal: names and numbers without case and outer spaces, passwords
    exactly."""
    same = {name: value if name == "password" else value.strip().upper() for name, value in fields.items()}
    return json.dumps([kind, same], sort_keys=True, ensure_ascii=False).encode()
