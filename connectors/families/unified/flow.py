"""One authorization at the portal: sign-in, 银税授权, receipt. An earlier session that the portal still knows
leads to 银税授权 at once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from connectors.families.unified import sessions, shown, signin
from connectors.families.unified.outcomes import Patterns, View
from connectors.families.unified.pages import Pages
from connectors.families.unified.signin import SignIn
from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Grant, Resume
from connectors.rpa.browser import Browser, Tab
from schema.clock import BEIJING
from schema.errors import (
    AnswerInvalid,
    ChallengeExpired,
    ConnectionBroken,
    PageChanged,
    SessionExpired,
    TaxlinkError,
)

CREDENTIALS_SECONDS = 900
STATE = b'{"flow": "unified/1"}'
"""Nothing is open before the credentials are there, so nothing needs to be remembered."""
PRINTED = "%Y-%m-%d %H:%M:%S"
MOST_PAGES = 8
"""Pages between two questions to the person; more is a circle."""


class UnifiedFlow:
    """Bound to one open tab from the credentials on. ``sign_in`` is the overlay's."""

    def __init__(
        self,
        browser: Callable[[], Browser],
        open_tab: Callable[[sessions.Session | None], Tab],
        known: Patterns,
        grants_url: str,
        request: AuthorizationRequest,
        sign_in: str,
    ) -> None:
        self._browser, self._open_tab, self._known = browser, open_tab, known
        self._grants_url, self._request, self._by_code = grants_url, request, sign_in == "qr"
        self._pages: Pages | None = None
        self._signing: SignIn | None = None

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        """See ``connectors.interface.Flow``. One that does not fit goes nowhere: ``AnswerInvalid``."""
        try:
            if self._pages is None or self._signing is None:
                return self._begin()
            return self._onward(self._signing, self._signing.answer(answer or {}))
        except AnswerInvalid:
            raise  # went nowhere: the page is gone on with, and a picture would blot it out
        except TaxlinkError:
            self._photograph()
            raise

    def state(self) -> bytes:
        return STATE

    def close(self) -> None:
        if self._pages is not None:
            self._browser().run(self._pages.tab.close())
            self._pages = None

    def _photograph(self) -> None:
        """Evidence of the page where it ended, which is not to hide how."""
        if self._pages is not None:
            with suppress(TaxlinkError):
                self._browser().run(self._pages.photograph())

    def _begin(self) -> Challenge | Grant:
        return self._return() or self._sign_in()

    def _return(self) -> Challenge | Grant | None:
        """Go on in an earlier session; None when the portal has dropped it."""
        if self._request.session is None:
            return None
        try:
            earlier = sessions.unseal(self._request.session)
        except SessionExpired:
            return None
        signing, view = self._arrive(earlier, with_password=False)
        try:
            return self._onward(signing, view)
        except ChallengeExpired:
            self.close()
            return None

    def _sign_in(self) -> Challenge | Grant:
        if self._by_code:
            signing, view = self._arrive(None, with_password=False)
            view.expect("sign_in")
            return self._onward(signing, signing.by_code(view))
        account = self._request.credentials.current()
        if account is None:
            return Challenge(ChallengeKind.CREDENTIALS, Resume.SERIALIZABLE, CREDENTIALS_SECONDS)
        person_id, password = signin.field(account, "person_id"), signin.field(account, "password")
        signing, view = self._arrive(None, with_password=True)
        view.expect("sign_in")
        return self._onward(signing, signing.by_password(person_id, password))

    def _arrive(self, earlier: sessions.Session | None, *, with_password: bool) -> tuple[SignIn, View]:
        """A tab at 银税授权, or at where it led instead."""
        browser, walk = self._browser(), Pages(self._open_tab(earlier), self._known)
        signing = SignIn(browser, walk, self._known, self._request, with_password=with_password)
        self._pages, self._signing = walk, signing
        view = browser.run(walk.visit(self._grants_url))
        _complete(view)
        return signing, view

    def _onward(self, signing: SignIn, view: View) -> Challenge | Grant:
        """Walk on from page to page until the person is needed or the receipt is there."""
        for _ in range(MOST_PAGES):
            _complete(view)
            signing.judge(view)
            view.expect(*signin.PAGES, "grants", "receipt")
            step = signing.step(view) if view.page in signin.PAGES else self._step(view)
            if not isinstance(step, View):
                return step
            view = step
        raise PageChanged("the portal leads in circles")

    def _step(self, view: View) -> View | Grant:
        """What one page of 银税授权 asks for: done here, or the end."""
        view.of(self._request.taxpayer_id)
        return self._authorize(view) if view.page == "grants" else self._receipt(view)

    def _authorize(self, view: View) -> View:
        """The receipt of a valid grant to this bank with these scopes, made only when there is none."""
        assert self._pages is not None
        bank, scopes = self._known.words["bank"], frozenset(map(str, self._request.scopes))
        run = self._browser().run
        for listed in shown.grants(view):
            if listed.active and (listed.bank, listed.scopes) == (bank, scopes):
                return run(self._pages.visit(f"{self._grants_url}/{listed.receipt}"))
        after = run(self._pages.grant(bank, sorted(scopes), self._known.words["term"]))
        if after.page == "grants" and after.fault is None:
            raise PageChanged("the form of 银税授权 was not accepted")
        return after

    def _receipt(self, view: View) -> Grant:
        """Read 授权回执, and leave the tab to the fetches of this attempt."""
        assert self._pages is not None
        listed, tab = shown.receipt(view), self._pages.tab
        if not listed.active or listed.bank != self._known.words["bank"]:
            raise PageChanged("the receipt is not of a valid grant to this bank")
        run = self._browser().run
        self._photograph()
        secret = sessions.seal(listed.receipt, self._request.taxpayer_id, run(tab.state()))
        run(self._browser().keep(sessions.key(secret), tab))
        self._pages = None
        granted_at, expires_at = _instant(listed.granted_at), _instant(listed.expires_at)
        return Grant(listed.receipt, granted_at, expires_at, secret, session=secret)


def _instant(text: str) -> datetime:
    """Beijing time as portals print it."""
    try:
        return datetime.strptime(text, PRINTED).replace(tzinfo=BEIJING)
    except ValueError:
        raise PageChanged("an instant is printed in another form") from None


def _complete(view: View) -> None:
    if not view.whole and view.fault is None:
        raise ConnectionBroken("a page ended early")
