"""Sign-in to the console: a password, then a code; every try is counted, every success has a new token."""

from __future__ import annotations

from sqlalchemy import Engine

from authz.access import passwords
from authz.access.sessions import Session, Sessions, Stage
from authz.access.throttle import Throttle
from authz.access.users import User, Users
from authz.audit import AuditLog
from schema.errors import SignInRefused, UserUnknown

NOBODY = "unknown"
"""Stands on record for a name that no user has: the name itself may be a password, typed in the wrong
place."""


class SignIn:
    """The two steps, and the end."""

    def __init__(
        self, engine: Engine, users: Users, sessions: Sessions, throttle: Throttle, audit: AuditLog
    ) -> None:
        self._engine, self._users, self._sessions = engine, users, sessions
        self._throttle, self._audit = throttle, audit

    def password(self, name: str, password: str, address: str) -> str:
        """The token of a session that waits for the code.

        An unknown name, a wrong password and a disabled user cost the same time and are refused alike.
        Raises ``SignInRefused``, ``SignInThrottled``.
        """
        name = name.strip().lower()
        self._throttle.admit({"user": name, "address": address})
        try:
            user = self._users.by_name(name)
        except UserUnknown:
            passwords.matches(passwords.nobody(), password)
            self._record(NOBODY, "user.refused")
            raise SignInRefused from None
        if not passwords.matches(user.password_hash, password) or user.disabled_at is not None:
            self._record(user.id, "user.refused")
            raise SignInRefused
        if passwords.outdated(user.password_hash):
            self._users.renew_hash(user, password)
        return self._sessions.begin(user, Stage.CODE_MISSING)

    def code(self, session: Session, code: str, address: str) -> str:
        """The token of a complete session, in the place of the waiting one. ``code`` is the telephone's or a
        recovery code. Raises ``SignInRefused``, ``SignInThrottled``."""
        user, tried = session.user, {"user": session.user.name, "address": address}
        self._throttle.admit(tried)
        try:
            self._take(user, code.replace(" ", ""))
        except SignInRefused:
            self._record(user.id, "user.refused")
            raise
        return self._complete(session, tried)

    def enrol(self, session: Session, code: str, address: str) -> tuple[str, list[str]]:
        """As ``code``, with the first code of a telephone; also its recovery codes, shown once."""
        tried = {"user": session.user.name, "address": address}
        self._throttle.admit(tried)
        if session.user.enrolled_at is not None:
            raise SignInRefused
        recovery = self._users.enrol(session.user, code.replace(" ", ""))
        return self._complete(session, tried), recovery

    def _take(self, user: User, code: str) -> None:
        if user.enrolled_at is None:
            raise SignInRefused
        if code.isdigit():
            self._users.take_code(user, code)
        else:
            self._users.take_recovery_code(user, code)

    def _complete(self, session: Session, tried: dict[str, str]) -> str:
        self._throttle.forgive(tried, tries=2)  # the password's and the code's
        self._sessions.end(session)
        self._record(session.user.id, "user.signed_in")
        return self._sessions.begin(session.user, Stage.COMPLETE)

    def out(self, session: Session) -> None:
        """The session is over."""
        self._sessions.end(session)
        self._record(session.user.id, "user.signed_out")

    def _record(self, user_id: str, action: str) -> None:
        with self._engine.begin() as connection:
            actor = f"user:{user_id}"
            self._audit.append(connection, actor=actor, action=action, subject=user_id, data={})
