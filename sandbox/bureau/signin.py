"""Sign-in: a picture captcha, then company, person and password behind a solved one, then an SMS code.

Each form carries the token (表单令牌) that the answer before brought. Five wrong passwords lock the account.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.bureau.reasons import Problem, Reason
from sandbox.company import Company, Person
from sandbox.families.unified.captcha import Captchas
from sandbox.faults import FaultKind
from sandbox.journal import digest
from sandbox.phone import Sms
from sandbox.portal import Portal

IDLE = timedelta(minutes=15)
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
LOCK_AFTER = 5

Fields = dict[str, Any]
"""Of a request or an answer, in the sandbox's own words."""


@dataclass
class Session:
    """One person at the bureau; inside once the code was right."""

    seen_at: datetime
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    account: str = ""
    """For whom the captcha was asked."""
    person: Person | None = None
    company: Company | None = None
    code: str = ""
    code_sent_at: datetime | None = None
    tries: int = 0
    inside: bool = False
    receipt: str = ""
    """The grant that the session reads under."""

    def expect(self, asked: Fields) -> None:
        """The form token of this step. Raises ``Problem``."""
        if not hmac.compare_digest(str(asked.get("token", "")), self.token):
            raise Problem(Reason.TOKEN_WRONG)

    def turn(self) -> None:
        """From now on another form token."""
        self.token = secrets.token_hex(8)


class SignIn:
    """Sessions by cookie, and the steps that lead inside."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._sessions: dict[str, Session] = {}
        self.captchas = Captchas(portal.clock, ("picture",))

    def session(self, cookie: str, path: str) -> Session:
        """The live session of a cookie. Raises ``Problem``."""
        session, now = self._sessions.get(cookie), self._portal.clock.now()
        lost = session is not None and self._portal.faults.active(FaultKind.SESSION_LOST, path)
        if session is None or lost or now - session.seen_at > IDLE:
            if self._sessions.pop(cookie, None):
                self._note("session_ended", session)
            raise Problem(Reason.SESSION_OVER)
        session.seen_at = now
        return session

    def captcha(self, cookie: str, asked: Fields) -> tuple[Session, Fields]:
        """A new picture, within a new session unless there is one."""
        session = self._sessions.get(cookie)
        if session is None or session.inside:
            session = Session(self._portal.clock.now())
            self._sessions[session.id] = session
        session.account = str(asked["person"])
        shown = self.captchas.new(session.account)
        picture = base64.b64encode(shown.picture).decode()
        return session, {"captcha": shown.id, "picture": picture}

    def check(self, session: Session, asked: Fields) -> Fields:
        if solved := self.captchas.check(str(asked["captcha"]), str(asked["text"])):
            self.captchas.solutions.pop(session.account, None)
            return {"solved": solved}
        self._note("captcha_wrong", session)
        if self.captchas.exhausted(session.id):
            self._sessions.pop(session.id)
            raise Problem(Reason.CAPTCHA_SPENT)
        raise Problem(Reason.CAPTCHA_WRONG)

    def sign_in(self, session: Session, asked: Fields) -> Fields:
        if not self.captchas.spend(str(asked["solved"])):
            raise Problem(Reason.CAPTCHA_NEEDED)
        company = self._portal.directory.company(str(asked["company"]))
        if company is None:
            raise Problem(Reason.UNKNOWN_COMPANY)
        session.person = self._judged(company, str(asked["person"]), str(asked["password"]))
        session.company = company
        self._note("sign_in_accepted", session)
        return self.send_code(session)

    def _judged(self, company: Company, account: str, password: str) -> Person:
        person, mark = self._portal.directory.person(account), digest(password)
        where = {"taxpayer_id": company.taxpayer_id, "person_id": person.person_id if person else account}
        if person and person.locked:
            self._portal.journal.write("sign_in_locked", mark=mark, **where)
            raise Problem(Reason.LOCKED)
        works_here = person and any(role.taxpayer_id == company.taxpayer_id for role in person.roles)
        if person and works_here and hmac.compare_digest(person.password.encode(), password.encode()):
            person.failed_sign_ins = 0
            return person
        self._portal.journal.write("sign_in_rejected", mark=mark, **where)
        if person:
            person.failed_sign_ins += 1
            person.locked = person.failed_sign_ins >= LOCK_AFTER
        raise Problem(Reason.LOCKED if person and person.locked else Reason.WRONG_PASSWORD)

    def send_code(self, session: Session) -> Fields:
        """A fresh code to the person's phone; also on request, while one is expected."""
        if session.person is None or session.inside:
            raise Problem(Reason.SESSION_OVER)
        now, code = self._portal.clock.now(), f"{secrets.randbelow(1_000_000):06d}"
        session.code, session.code_sent_at, session.tries = code, now, 0
        text = f"【沙盒税务】您的登录验证码为{code}，5分钟内有效，请勿告知他人。"
        message = Sms(now.isoformat(timespec="seconds"), "沙盒税务", text, code)
        self._portal.phones.send(session.person.phone, message)
        self._note("sms_sent", session, mark=digest(code))
        return self.pending(session)

    def pending(self, session: Session) -> Fields:
        """How the code stands: where it was sent, and for how many seconds it is good."""
        if session.person is None or session.code_sent_at is None:
            raise Problem(Reason.SESSION_OVER)
        left = session.code_sent_at + CODE_LIFE - self._portal.clock.now()
        phone = session.person.phone
        return {"phone": f"{phone[:3]}****{phone[-4:]}", "seconds": max(0, int(left.total_seconds()))}

    def code(self, session: Session, asked: Fields) -> Fields:
        if not session.code or session.code_sent_at is None:
            raise Problem(Reason.SESSION_OVER)
        if self._portal.clock.now() > session.code_sent_at + CODE_LIFE:
            raise Problem(Reason.CODE_LATE)
        if not hmac.compare_digest(str(asked["code"]).encode(), session.code.encode()):
            self._wrong_code(session, str(asked["code"]))
        session.inside, session.code = True, ""
        self._note("session_started", session)
        return {}

    def _wrong_code(self, session: Session, code: str) -> None:
        session.tries += 1
        self._note("sms_wrong", session, mark=digest(code))
        if session.tries < CODE_TRIES:
            raise Problem(Reason.CODE_WRONG)
        self._sessions.pop(session.id)
        raise Problem(Reason.CODE_SPENT)

    def _note(self, event: str, session: Session | None, mark: str = "") -> None:
        company = session.company.taxpayer_id if session and session.company else ""
        person = session.person.person_id if session and session.person else ""
        self._portal.journal.write(event, taxpayer_id=company, person_id=person, mark=mark)
