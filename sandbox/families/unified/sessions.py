"""Who is signed in: sessions, tickets between the hosts, and SMS codes. All in memory, all with a life."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.company import Person, Role
from sandbox.portal import Clock

IDLE_SECONDS = 900.0
SMS_SECONDS = 300
SMS_TRIES = 5


@dataclass
class SmsCode:
    """A code on its way: six digits, five minutes, five tries."""

    code: str
    sent_at: datetime
    tries: int = 0


@dataclass
class Session:
    """One browser at the portal. It may enter once ``role`` is chosen."""

    id: str
    seen_at: datetime
    service: str
    person: Person | None = None
    asked: str = ""
    """The company id typed at sign-in."""
    sms: SmsCode | None = None
    task: str = ""
    """What the tax app is to decide, by its id."""
    refusals: int = 0
    verified: bool = False
    role: Role | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    """Cookie value by host, handed over by a ticket."""

    @property
    def inside(self) -> bool:
        return self.verified and self.role is not None


class Sessions:
    """Sessions by cookie value; an idle one is gone."""

    def __init__(self, clock: Clock, idle_seconds: float) -> None:
        self._clock, self._idle = clock, timedelta(seconds=idle_seconds)
        self._sessions: dict[str, Session] = {}
        self._tickets: dict[str, str] = {}

    def start(self, service: str) -> Session:
        session = Session(secrets.token_urlsafe(18), self._clock.now(), service)
        self._sessions[session.id] = session
        return session

    def find(self, cookie: str | None) -> Session | None:
        """The live session of a cookie; finding it keeps it alive."""
        session = self._sessions.get(cookie or "")
        if session is None:
            return None
        if self._clock.now() - session.seen_at > self._idle:
            self.end(session)
            return None
        session.seen_at = self._clock.now()
        return session

    def end(self, session: Session) -> None:
        for cookie in (session.id, *session.cookies.values()):
            self._sessions.pop(cookie, None)

    def ticket(self, session: Session) -> str:
        """A word that another host may exchange, once, for its own cookie."""
        word = "ST-" + secrets.token_urlsafe(12)
        self._tickets[word] = session.id
        return word

    def redeem(self, word: str, host: str) -> str | None:
        """The host's cookie for a ticket; None for a used or unknown one."""
        session = self.find(self._tickets.pop(word, ""))
        if session is None:
            return None
        cookie = session.cookies.setdefault(host, secrets.token_urlsafe(18))
        self._sessions[cookie] = session
        return cookie

    def new_code(self, session: Session) -> SmsCode:
        session.sms = SmsCode(f"{secrets.randbelow(1_000_000):06d}", self._clock.now())
        return session.sms

    def code_expired(self, sms: SmsCode) -> bool:
        return self._clock.now() - sms.sent_at > timedelta(seconds=SMS_SECONDS)
