"""四眼原则, four eyes: exports and withdrawals by staff happen when a second user has agreed, and once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from authz.access.roles import Permission
from authz.access.users import User
from authz.authorization import Authorization
from authz.ledger import Ledger
from schema.errors import ApprovalImpossible, ApprovalUnknown
from store.access_tables import approval, console_user
from store.database import new_id, now, reading

LIFE = timedelta(hours=24)
"""From the request to the end, carrying it out included."""


class Ask(StrEnum):
    """What needs a second user."""

    WITHDRAW = "withdraw"
    EXPORT_TABLE = "export_table"
    EXPORT_EVIDENCE = "export_evidence"


ASKING = {
    Ask.WITHDRAW: Permission.ASK_WITHDRAWAL,
    Ask.EXPORT_TABLE: Permission.ASK_EXPORT,
    Ask.EXPORT_EVIDENCE: Permission.ASK_EXPORT,
}
"""Who may ask for it."""


class Reason(StrEnum):
    """Why it is asked for. A code, since a free text would carry names into the log."""

    BORROWER_REQUEST = "borrower_request"
    LOAN_REVIEW = "loan_review"
    COMPLAINT = "complaint"
    AUDIT = "audit"
    COURT = "court"
    INCIDENT = "incident"


class Stand(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    EXECUTED = "executed"


@dataclass(frozen=True)
class Approval:
    """One request. ``asker`` and ``decider`` are names of users."""

    id: str
    authorization_id: str
    ask: Ask
    what: str
    reason: Reason
    asked_by: str
    asker: str
    asked_at: datetime
    expires_at: datetime
    decider: str | None
    granted: bool | None
    executed_at: datetime | None

    def stand(self, at: datetime) -> Stand:
        """What became of it."""
        if self.executed_at is not None:
            return Stand.EXECUTED
        if self.granted is False:
            return Stand.DENIED
        if self.expires_at <= at:
            return Stand.EXPIRED
        return Stand.GRANTED if self.granted else Stand.OPEN

    def decidable(self, user: User, at: datetime) -> bool:
        """By anybody who may approve but the asker."""
        return self.stand(at) is Stand.OPEN and user.id != self.asked_by

    def executable(self, user: User, at: datetime) -> bool:
        """By the asker alone."""
        return self.stand(at) is Stand.GRANTED and user.id == self.asked_by


class Approvals:
    """Requests, decisions and their one execution, each an event of the authorization and on record."""

    def __init__(self, engine: Engine, ledger: Ledger) -> None:
        self._engine, self._ledger = engine, ledger

    def ask(self, user: User, current: Authorization, ask: Ask, reason: Reason, what: str = "") -> Approval:
        """Raises ``PermissionMissing``."""
        user.check(ASKING[ask])
        id, at = new_id("apr"), now()
        with self._engine.begin() as connection:
            connection.execute(
                insert(approval).values(
                    id=id, tenant=user.tenant, authorization_id=current.id, action=ask, what=what,
                    reason=reason, asked_by=user.id, asked_at=at, expires_at=at + LIFE,
                )
            )  # fmt: skip
            self._record(connection, user, "approval.asked", id)
        return self.one(user, id)

    def decide(self, user: User, id: str, *, grant: bool) -> Approval:
        """Raises ``PermissionMissing``, ``ApprovalUnknown``, and ``ApprovalImpossible`` for the asker, and
        for what is no longer open."""
        user.check(Permission.APPROVE)
        self.one(user, id)
        at, columns = now(), approval.c
        return self._move(
            user,
            id,
            "approval.granted" if grant else "approval.denied",
            (columns.decided_at.is_(None), columns.expires_at > at, columns.asked_by != user.id),
            {"decided_by": user.id, "decided_at": at, "granted": grant},
        )

    def due(self, user: User, id: str) -> Approval:
        """A request that this user may carry out now. Raises ``PermissionMissing``, ``ApprovalUnknown``,
        ``ApprovalImpossible``."""
        held = self.one(user, id)
        user.check(ASKING[held.ask])
        if not held.executable(user, now()):
            raise ApprovalImpossible
        return held

    def spend(self, user: User, id: str) -> Approval:
        """It is carried out; nobody does so a second time. Raises as ``due``."""
        self.due(user, id)
        at, columns = now(), approval.c
        undone = (columns.granted.is_(True), columns.executed_at.is_(None))
        mine = (columns.expires_at > at, columns.asked_by == user.id)
        return self._move(user, id, "approval.executed", (*undone, *mine), {"executed_at": at})

    def _move(
        self, user: User, id: str, kind: str, conditions: Iterable[Any], values: dict[str, Any]
    ) -> Approval:
        """Change a request for which all of this still holds, once whoever comes at the same time. Raises
        ``ApprovalImpossible``."""
        with self._engine.begin() as connection:
            change = update(approval).where(approval.c.id == id, *conditions).values(values)
            if connection.execute(change).rowcount != 1:
                raise ApprovalImpossible
            self._record(connection, user, kind, id)
        return self.one(user, id)

    def one(self, user: User, id: str) -> Approval:
        """Raises ``ApprovalUnknown``, also for another tenant's."""
        found = self._listed(approval.c.id == id, approval.c.tenant == user.tenant)
        if not found:
            raise ApprovalUnknown
        return found[0]

    def listing(self, user: User, *, authorization_id: str | None = None) -> list[Approval]:
        """The newest hundred of the tenant, or of one authorization, the newest first."""
        mine = [approval.c.tenant == user.tenant]
        if authorization_id is not None:
            mine.append(approval.c.authorization_id == authorization_id)
        return self._listed(*mine)

    def _listed(self, *conditions: Any) -> list[Approval]:
        asker, decider = console_user.alias("asker"), console_user.alias("decider")
        query = (
            select(approval, asker.c.name.label("asker"), decider.c.name.label("decider"))
            .join(asker, asker.c.id == approval.c.asked_by)
            .outerjoin(decider, decider.c.id == approval.c.decided_by)
            .where(*conditions)
            .order_by(approval.c.asked_at.desc(), approval.c.id)
            .limit(100)
        )
        with reading(self._engine) as connection:
            return [_approval(row) for row in connection.execute(query)]

    def _record(self, connection: Connection, user: User, kind: str, id: str) -> None:
        row = connection.execute(select(approval).where(approval.c.id == id)).one()
        told = {"approval": id, "action": row.action, "reason": row.reason} | (
            {"what": row.what} if row.what else {}
        )
        self._ledger.record(connection, row.authorization_id, user.actor, kind, told)


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        row.id, row.authorization_id, Ask(row.action), row.what, Reason(row.reason), row.asked_by, row.asker,
        row.asked_at, row.expires_at, row.decider, row.granted, row.executed_at,
    )  # fmt: skip
