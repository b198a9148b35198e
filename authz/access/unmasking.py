"""Unmasking: one session sees one authorization's numbers and names, for a reason, for a few minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, insert, select

from authz.access.approvals import Reason
from authz.access.roles import Permission
from authz.access.sessions import Session
from authz.authorization import Authorization
from authz.ledger import Ledger
from store.access_tables import unmasking
from store.database import new_id, now, reading

LIFE = timedelta(minutes=5)


class Unmaskings:
    """Lifts the masks, on record before anything is shown."""

    def __init__(self, engine: Engine, ledger: Ledger) -> None:
        self._engine, self._ledger = engine, ledger

    def lift(self, session: Session, current: Authorization, reason: Reason) -> None:
        """Raises ``PermissionMissing``."""
        session.user.check(Permission.UNMASK)
        at = now()
        with self._engine.begin() as connection:
            connection.execute(
                insert(unmasking).values(
                    id=new_id("unm"), token_hash=session.id, authorization_id=current.id, reason=reason,
                    at=at, expires_at=at + LIFE,
                )
            )  # fmt: skip
            self._ledger.record(
                connection, current.id, session.user.actor, "unmasked", {"reason": str(reason)}
            )

    def until(self, session: Session, authorization_id: str) -> datetime | None:
        """Until when this session sees it; None when it is masked."""
        table = unmasking
        query = select(func.max(table.c.expires_at, type_=table.c.expires_at.type)).where(
            table.c.token_hash == session.id,
            table.c.authorization_id == authorization_id,
            table.c.expires_at > now(),
        )
        with reading(self._engine) as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found
