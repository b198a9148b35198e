"""One authorization at the portal: credentials, captcha, SMS code, identity, 银税授权, receipt.

The page decides what comes next, so that a portal may leave a step out or repeat one. The password leaves the
vault once: ``sending`` before it is typed, ``rejected`` when the portal says so, and then never again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TypedDict, Unpack

from connectors.families.unified import pages, sessions
from connectors.families.unified.outcomes import Patterns, View
from connectors.families.unified.pages import Captcha, Pages
from connectors.interface import (
    Answer,
    AuthorizationRequest,
    Challenge,
    ChallengeKind,
    Grant,
    Option,
    Resume,
)
from connectors.rpa.browser import Browser, Tab
from schema.errors import (
    AccountLocked,
    AnswerInvalid,
    ChallengeExpired,
    ConnectionBroken,
    CredentialsRejected,
    PageChanged,
)

CREDENTIALS_SECONDS, CAPTCHA_SECONDS, SMS_SECONDS, IDENTITY_SECONDS = 900, 120, 300, 600
PERMITTED = ("法定代表人", "财务负责人")
"""Roles that may authorize a bank."""
EXPIRED = "已过期"
ANSWER_LENGTH, MAX_PIXELS = 128, 4096
STATE = b'{"flow": "unified/1"}'
"""Nothing is open before the credentials are there, so nothing needs to be remembered."""
BEIJING = timezone(timedelta(hours=8))
PRINTED = "%Y-%m-%d %H:%M:%S"
MOST_PAGES = 8
"""Pages between two questions to the person; more is a circle."""
_STEPS = ("captcha", "sms", "identity", "grants", "receipt")


class UnifiedFlow:
    """Bound to one open tab from the credentials on."""

    def __init__(
        self,
        browser: Callable[[], Browser],
        open_tab: Callable[[], Tab],
        known: Patterns,
        grants_url: str,
        request: AuthorizationRequest,
    ) -> None:
        self._browser, self._open_tab, self._known = browser, open_tab, known
        self._grants_url, self._request = grants_url, request
        self._pages: Pages | None = None
        self._asked: Challenge | None = None
        self._captcha: Captcha | None = None
        self._judged = False

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        """See ``connectors.interface.Flow``. One that does not fit goes nowhere: ``AnswerInvalid``."""
        if self._pages is None:
            return self._begin()
        return self._onward(self._answer(self._pages, answer or {}))

    def state(self) -> bytes:
        return STATE

    def close(self) -> None:
        if self._pages is not None:
            self._browser().run(self._pages.tab.close())
            self._pages = None

    def _begin(self) -> Challenge | Grant:
        credentials = self._request.credentials
        account = credentials.current()
        if account is None:
            return Challenge(ChallengeKind.CREDENTIALS, Resume.SERIALIZABLE, CREDENTIALS_SECONDS)
        person_id, password = _field(account, "person_id"), _field(account, "password")
        tab = self._open_tab()
        walk = self._pages = Pages(tab, self._known)
        run = self._browser().run
        view = run(walk.visit(self._grants_url))
        _complete(view)
        view.expect("sign_in")
        credentials.sending()
        return self._onward(run(walk.sign_in(self._request.taxpayer_id, person_id, password)))

    def _answer(self, walk: Pages, answer: Answer) -> View:
        """Give the portal the person's answer to the last challenge."""
        assert self._asked is not None
        run = self._browser().run
        match self._asked.kind:
            case ChallengeKind.SLIDER:
                assert self._captcha is not None
                return run(walk.drag(self._captcha, _pixels(_field(answer, "x"))))
            case ChallengeKind.PICTURE:
                assert self._captcha is not None
                return run(walk.spell(self._captcha, _field(answer, "text")))
            case ChallengeKind.SMS_CODE:
                return run(walk.enter_code(_field(answer, "code")))
            case _:
                choice = _field(answer, "choice")
                if choice not in {option.id for option in self._asked.options}:
                    raise AnswerInvalid
                return run(walk.choose(choice))

    def _onward(self, view: View) -> Challenge | Grant:
        """Walk on from page to page until the person is needed or the receipt is there."""
        for _ in range(MOST_PAGES):
            _complete(view)
            self._judge(view)
            if view.page == "sign_in" and view.fault is None:
                raise ChallengeExpired("the portal asks to sign in again")
            view.expect(*_STEPS)
            step = self._step(view)
            if not isinstance(step, View):
                return step
            view = step
        raise PageChanged("the portal leads in circles")

    def _step(self, view: View) -> View | Challenge | Grant:
        """What one page asks for: done here, or a challenge, or the end."""
        match view.page:
            case "captcha":
                return self._show(pages.captcha(view))
            case "sms":
                return self._code(view)
            case "identity":
                return self._identity(pages.identities(view))
            case "grants":
                view.of(self._request.taxpayer_id)
                return self._authorize(view)
            case _:
                view.of(self._request.taxpayer_id)
                return self._receipt(view)

    def _judge(self, view: View) -> None:
        """Tell the vault, once, what the portal made of the password."""
        if self._judged:
            return
        if isinstance(view.fault, CredentialsRejected | AccountLocked):
            self._judged = True
            self._request.credentials.rejected()
        elif view.page in _STEPS[1:]:
            self._judged = True
            self._request.credentials.accepted()

    def _identity(self, options: dict[Option, str]) -> View | Challenge:
        """Take the one role that may authorize for the asked company; else the person has to choose."""
        own = [
            option
            for option, company in options.items()
            if company == self._request.taxpayer_id and option.role in PERMITTED
        ]
        if len(own) != 1:
            return self._ask(ChallengeKind.IDENTITY, IDENTITY_SECONDS, options=tuple(options))
        assert self._pages is not None
        return self._browser().run(self._pages.choose(own[0].id))

    def _authorize(self, view: View) -> View:
        """The receipt of a valid grant to this bank with these scopes, made only when there is none."""
        assert self._pages is not None
        bank, scopes = self._known.words["bank"], frozenset(map(str, self._request.scopes))
        run = self._browser().run
        for listed in pages.grants(view):
            if listed.active and (listed.bank, listed.scopes) == (bank, scopes):
                return run(self._pages.visit(f"{self._grants_url}/{listed.receipt}"))
        after = run(self._pages.grant(bank, sorted(scopes), self._known.words["term"]))
        if after.page == "grants" and after.fault is None:
            raise PageChanged("the form of 银税授权 was not accepted")
        return after

    def _receipt(self, view: View) -> Grant:
        """Read 授权回执, and leave the tab to the fetches of this attempt."""
        assert self._pages is not None
        listed, tab = pages.receipt(view), self._pages.tab
        if not listed.active or listed.bank != self._known.words["bank"]:
            raise PageChanged("the receipt is not of a valid grant to this bank")
        run = self._browser().run
        secret = sessions.seal(listed.receipt, self._request.taxpayer_id, run(tab.state()))
        run(self._browser().keep(sessions.key(secret), tab))
        self._pages = None
        return Grant(listed.receipt, _instant(listed.granted_at), _instant(listed.expires_at), secret)

    def _show(self, shown: Captcha) -> Challenge:
        self._captcha = shown
        kind = ChallengeKind.SLIDER if shown.kind == "slider" else ChallengeKind.PICTURE
        again = self._asked is not None and self._asked.kind in (ChallengeKind.SLIDER, ChallengeKind.PICTURE)
        return self._ask(
            kind, CAPTCHA_SECONDS, picture=shown.picture, piece=shown.piece, piece_y=shown.y, retry=again
        )

    def _code(self, view: View) -> Challenge:
        assert self._pages is not None
        again = self._asked is not None and self._asked.kind is ChallengeKind.SMS_CODE
        if EXPIRED in pages.message(view):
            view = self._browser().run(self._pages.resend_code())
            view.expect("sms")
        return self._ask(ChallengeKind.SMS_CODE, SMS_SECONDS, hint=pages.phone(view), retry=again)

    def _ask(self, kind: ChallengeKind, seconds: int, **shown: Unpack[_Shown]) -> Challenge:
        """A challenge of the live page, remembered so that its answer finds its way."""
        self._asked = Challenge(kind, Resume.LIVE_PAGE, seconds, **shown)
        return self._asked


class _Shown(TypedDict, total=False):
    """The optional fields of ``Challenge`` that pages fill."""

    hint: str
    picture: bytes | None
    piece: bytes | None
    piece_y: int
    options: tuple[Option, ...]
    retry: bool


def _field(answer: Answer, name: str) -> str:
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


def _instant(text: str) -> datetime:
    """Beijing time as portals print it."""
    try:
        return datetime.strptime(text, PRINTED).replace(tzinfo=BEIJING)
    except ValueError:
        raise PageChanged("an instant is printed in another form") from None


def _complete(view: View) -> None:
    if not view.whole and view.fault is None:
        raise ConnectionBroken("a page ended early")
