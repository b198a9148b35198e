"""Console sessions: kept by the server under the hash of a random token, with an idle and an absolute end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Engine, delete, insert, select, update

from authz.access.users import User, Users
from authz.links import hashed
from store.access_tables import console_session
from store.database import now, reading

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=8)
UNFINISHED = timedelta(minutes=5)
"""How long somebody may take between the password and the code."""
_NOTED = timedelta(minutes=1)


class Stage(StrEnum):
    CODE_MISSING = "code_missing"
    """The password was right; nothing opens yet but the question for the code."""
    COMPLETE = "complete"


@dataclass(frozen=True)
class Session:
    """Somebody at the console. ``id`` is the hash of the token: it opens nothing."""

    id: str
    user: User
    stage: Stage


class Sessions:
    """Begins, finds and ends them."""

    def __init__(self, engine: Engine, users: Users) -> None:
        self._engine, self._users = engine, users

    def begin(self, user: User, stage: Stage) -> str:
        """The token of a new session. What has ended is cleared away."""
        token, at, table = secrets.token_urlsafe(32), now(), console_session
        life = ABSOLUTE if stage is Stage.COMPLETE else UNFINISHED
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.expires_at <= at))
            connection.execute(
                insert(table).values(
                    token_hash=hashed(token),
                    user_id=user.id,
                    stage=stage,
                    seen_at=at,
                    expires_at=at + life,
                )
            )
        return token

    def find(self, token: str) -> Session | None:
        """The live session; None for an unknown or ended one, and for a user who was disabled."""
        table, at, id = console_session, now(), hashed(token)
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.token_hash == id)).one_or_none()
        if row is None or row.expires_at <= at or row.seen_at <= at - IDLE:
            return None
        user = self._users.by_id(row.user_id)
        if user.disabled_at is not None:
            return None
        if at - row.seen_at >= _NOTED:
            with self._engine.begin() as connection:
                connection.execute(update(table).where(table.c.token_hash == id).values(seen_at=at))
        return Session(id, user, Stage(row.stage))

    def end(self, session: Session) -> None:
        """The token opens nothing any more."""
        with self._engine.begin() as connection:
            connection.execute(delete(console_session).where(console_session.c.token_hash == session.id))
