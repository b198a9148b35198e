"""The sign-in, page by page: a password behind a captcha, then an SMS code or approval in the tax app; or a
code that the tax app scans; then the choice of identity.

The page decides what comes next, so that a portal may leave a step out or repeat one. The password leaves the
vault once: ``sending`` before it is typed, ``rejected`` when the portal says so, and then never again.
"""

from __future__ import annotations

from typing import TypedDict, Unpack

from connectors.families.unified import shown
from connectors.families.unified.outcomes import Patterns, View
from connectors.families.unified.pages import Pages
from connectors.families.unified.shown import Captcha
from connectors.interface import (
    Answer,
    AuthorizationRequest,
    Challenge,
    ChallengeKind,
    Option,
    Resume,
    Scan,
)
from connectors.rpa.browser import Browser
from schema.errors import AccountLocked, AnswerInvalid, ChallengeExpired, CredentialsRejected

PAGES = ("sign_in", "captcha", "sms", "approval", "identity")
CAPTCHA_SECONDS, SMS_SECONDS, APP_SECONDS, IDENTITY_SECONDS = 120, 300, 300, 600
POLL_SECONDS = 1.0
PERMITTED = ("法定代表人", "财务负责人")
"""Roles that may authorize a bank."""
EXPIRED = "已过期"
ANSWER_LENGTH, MAX_PIXELS = 128, 4096
_CAPTCHAS = (ChallengeKind.SLIDER, ChallengeKind.PICTURE)
_INSIDE = frozenset({"sms", "approval", "identity", "grants", "receipt"})
"""Pages that a wrong password does not reach."""


class SignIn:
    """One person's sign-in in one tab. ``with_password`` is False where none is sent."""

    def __init__(
        self,
        browser: Browser,
        walk: Pages,
        known: Patterns,
        request: AuthorizationRequest,
        *,
        with_password: bool,
    ) -> None:
        self._run, self._walk, self._known, self._request = browser.run, walk, known, request
        self._asked: Challenge | None = None
        self._captcha: Captcha | None = None
        self._by_code, self._judged = False, not with_password

    def by_password(self, person_id: str, password: str) -> View:
        """Send the password, from the page with the form."""
        self._request.credentials.sending()
        return self._run(self._walk.sign_in(self._request.taxpayer_id, person_id, password))

    def by_code(self, view: View) -> View:
        """To the code that the tax app scans, from the page that one signs in at."""
        self._by_code = True
        return view if shown.has_code(view) else self._run(self._walk.to_code())

    def judge(self, view: View) -> None:
        """Tell the vault, once, what the portal made of the password."""
        if self._judged:
            return
        if isinstance(view.fault, CredentialsRejected | AccountLocked):
            self._judged = True
            self._request.credentials.rejected()
        elif view.page in _INSIDE:
            self._judged = True
            self._request.credentials.accepted()

    def answer(self, answer: Answer) -> View:
        """Give the portal the person's answer to the last challenge; look at one that is watched."""
        assert self._asked is not None
        match self._asked.kind:
            case ChallengeKind.QR | ChallengeKind.APP_APPROVAL:
                return self._run(self._walk.watch())
            case ChallengeKind.SLIDER:
                assert self._captcha is not None
                return self._run(self._walk.drag(self._captcha, _pixels(field(answer, "x"))))
            case ChallengeKind.PICTURE:
                assert self._captcha is not None
                return self._run(self._walk.spell(self._captcha, field(answer, "text")))
            case ChallengeKind.SMS_CODE:
                return self._run(self._walk.enter_code(field(answer, "code")))
            case _:
                choice = field(answer, "choice")
                if choice not in {option.id for option in self._asked.options}:
                    raise AnswerInvalid
                return self._run(self._walk.choose(choice))

    def step(self, view: View) -> View | Challenge:
        """What one of ``PAGES`` asks for: done here, or a challenge. Raises ``ChallengeExpired`` where the
        portal asks to sign in again."""
        match view.page:
            case "captcha":
                return self._show(shown.captcha(view))
            case "sms":
                return self._code(view)
            case "identity":
                return self._identity(shown.identities(view))
            case "sign_in" if not (self._by_code and shown.has_code(view)):
                raise ChallengeExpired("the portal asks to sign in again")
            case _:
                return self._in_app(view)

    def _show(self, captcha: Captcha) -> Challenge:
        self._captcha = captcha
        kind = ChallengeKind.SLIDER if captcha.kind == "slider" else ChallengeKind.PICTURE
        again = self._asked is not None and self._asked.kind in _CAPTCHAS
        return self._ask(
            kind,
            CAPTCHA_SECONDS,
            picture=captcha.picture,
            piece=captcha.piece,
            piece_y=captcha.y,
            retry=again,
        )

    def _code(self, view: View) -> Challenge:
        again = self._asked is not None and self._asked.kind is ChallengeKind.SMS_CODE
        if EXPIRED in shown.message(view):
            view = self._run(self._walk.resend_code())
            view.expect("sms")
        return self._ask(ChallengeKind.SMS_CODE, SMS_SECONDS, hint=shown.phone(view), retry=again)

    def _in_app(self, view: View) -> Challenge:
        """What waits for the tax app as it stands; asked for anew once it has expired or was refused."""
        found = shown.in_app(view, self._known)
        refused = found.state == "refused"
        if refused or found.state == "expired":
            view = self._run(self._walk.renew())
            view.expect("sign_in", "approval")
            found = shown.in_app(view, self._known)
        if found.picture is None:
            kind, hint = ChallengeKind.APP_APPROVAL, found.number
        else:
            kind, hint = ChallengeKind.QR, Scan.SCANNED if found.state == "scanned" else Scan.WAITING
        return self._ask(
            kind, APP_SECONDS, hint=hint, picture=found.picture, retry=refused, poll_seconds=POLL_SECONDS
        )

    def _identity(self, options: dict[Option, str]) -> View | Challenge:
        """Take the one role that may authorize for the asked company; else the person has to choose."""
        own = [
            option
            for option, company in options.items()
            if company == self._request.taxpayer_id and option.role in PERMITTED
        ]
        if len(own) != 1:
            return self._ask(ChallengeKind.IDENTITY, IDENTITY_SECONDS, options=tuple(options))
        return self._run(self._walk.choose(own[0].id))

    def _ask(self, kind: ChallengeKind, seconds: int, **more: Unpack[_Shown]) -> Challenge:
        """A challenge of the live page, remembered so that its answer finds its way."""
        self._asked = Challenge(kind, Resume.LIVE_PAGE, seconds, **more)
        return self._asked


class _Shown(TypedDict, total=False):
    """The optional fields of ``Challenge`` that pages fill."""

    hint: str
    picture: bytes | None
    piece: bytes | None
    piece_y: int
    options: tuple[Option, ...]
    retry: bool
    poll_seconds: float


def field(answer: Answer, name: str) -> str:
    """A field of an answer. Raises ``AnswerInvalid`` for an absent, empty or overlong one."""
    value = answer.get(name, "").strip()
    if not value or len(value) > ANSWER_LENGTH:
        raise AnswerInvalid
    return value


def _pixels(text: str) -> float:
    try:
        x = float(text)
    except ValueError:
        raise AnswerInvalid from None
    if not 0 <= x <= MAX_PIXELS:
        raise AnswerInvalid
    return x
