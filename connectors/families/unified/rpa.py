"""The connector: sign-in by ``flow``, reading by ``reading``, each in a browser context of one taxpayer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from connectors.drift.pages import page as fingerprint
from connectors.families.unified import sessions, shown
from connectors.families.unified.flow import UnifiedFlow
from connectors.families.unified.outcomes import View, patterns
from connectors.families.unified.pages import Pages
from connectors.families.unified.reading import Reading
from connectors.interface import NOTHING_HELD, AuthorizationRequest, Grant, Held, Sighting
from connectors.registry import Endpoint, Tools
from connectors.rpa.browser import Tab
from connectors.rpa.hosts import checked
from connectors.rpa.picture import ANYTHING, pictured
from schema.dataset import Dataset
from schema.errors import (
    ConnectionBroken,
    GrantRevoked,
    PageChanged,
    SessionExpired,
    TaxlinkError,
    WrongTaxpayer,
)
from schema.period import Period
from schema.raw import RawPage


class UnifiedConnector:
    """One region's pages. A session lives minutes: a fetch after its end raises ``SessionExpired``."""

    def __init__(self, endpoint: Endpoint, tools: Tools) -> None:
        self.route = endpoint.route
        self.datasets = endpoint.overlay.datasets
        self._endpoint, self._browser, self._recorder = endpoint, tools.browser, tools.recorder
        self._known = patterns(endpoint.overlay.labels)

    def authorize(self, request: AuthorizationRequest) -> UnifiedFlow:
        return UnifiedFlow(
            self._browser,
            self._open,
            self._known,
            self._url("grants"),
            request,
            self._endpoint.overlay.sign_in,
        )

    def resume(self, request: AuthorizationRequest, state: bytes) -> UnifiedFlow:
        """The only state is that nothing has begun: the credentials are asked for or there."""
        return self.authorize(request)

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        """None: nobody can look before signing in. The flow looks then, and takes a grant that is there."""
        return None

    def standing(self, request: AuthorizationRequest, grant: Grant) -> bool | None:
        """None: nobody can look before signing in."""
        return None

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """Raises ``SessionExpired``, ``GrantRevoked`` and ``WrongTaxpayer`` before anything is read."""
        with self._session(grant, taxpayer_id) as walk:
            reading = Reading(self._endpoint, self._browser().run, walk, self._known, taxpayer_id, held)
            yield from reading.pages(dataset, period)

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Also ends the session: nothing is read under a grant that was withdrawn. Idempotent."""
        with suppress(GrantRevoked), self._session(grant, taxpayer_id, keep=False) as walk:
            run = self._browser().run
            view = run(walk.visit(self._url("grants")))
            self._own(view, taxpayer_id)
            if _active(view, grant.receipt):
                view = run(walk.revoke(grant.receipt))
                self._own(view, taxpayer_id)
                if _active(view, grant.receipt):
                    raise PageChanged("the grant is still listed as valid")

    def probe(self) -> None:
        tab = self._open()
        try:
            view = self._browser().run(Pages(tab, self._known).visit(self._url("home")))
            view.expect("sign_in")
        finally:
            self._browser().run(tab.close())

    def sight(self) -> Sighting:
        """The sign-in page, or what stands in its place."""
        tab, run = self._open(), self._browser().run
        try:
            view = run(Pages(tab, self._known).visit(self._url("home")))
            if view.fault is not None:
                raise view.fault
            if not view.whole:
                raise ConnectionBroken("a page ended early")
            seen = fingerprint(view.content, tab.page.url)
            return Sighting(seen, run(pictured(tab.page, shown=ANYTHING, private=False)), _unknown(view))
        finally:
            run(tab.close())

    def close(self) -> None:
        """Nothing is held here: tabs belong to flows and fetches, the browser to the worker."""

    @contextmanager
    def _session(self, grant: Grant, taxpayer_id: str, *, keep: bool = True) -> Iterator[Pages]:
        """The attempt's own tab, or a fresh one with the sealed session; then kept for the next dataset."""
        sealed, name = sessions.unseal(grant.secret), sessions.key(grant.secret)
        if sealed.taxpayer_id != taxpayer_id:
            raise WrongTaxpayer
        browser = self._browser()
        kept = browser.run(browser.take(name))
        tab = kept or self._open(sealed)
        tab.recorder, walk = self._recorder, Pages(tab, self._known)
        try:
            if kept is None:
                view = browser.run(walk.visit(self._url("grants")))
                self._own(view, taxpayer_id)
                if not _active(view, grant.receipt):
                    raise GrantRevoked
            yield walk
        except BaseException as error:
            if isinstance(error, TaxlinkError):
                with suppress(TaxlinkError):
                    browser.run(walk.photograph())
            browser.run(tab.close())
            raise
        browser.run(browser.keep(name, tab) if keep else tab.close())

    def _own(self, view: View, taxpayer_id: str) -> None:
        if view.page == "sign_in":
            raise SessionExpired
        view.expect("grants")
        view.of(taxpayer_id)

    def _open(self, session: sessions.Session | None = None) -> Tab:
        browser, target = self._browser(), self._endpoint
        hosts = checked((target.base_url, *target.hosts.values()), private=target.private)
        timeout, state = target.overlay.limits.timeout_seconds, session.state if session else None
        tab = browser.run(browser.open(hosts, timeout, state))
        tab.recorder = self._recorder
        return tab

    def _url(self, name: str) -> str:
        return self._endpoint.base_url.rstrip("/") + self._known.paths[name]


def _unknown(view: View) -> PageChanged | None:
    try:
        view.expect("sign_in")
    except PageChanged as error:
        return error
    return None


def _active(view: View, receipt: str) -> bool:
    return any(listed.active and listed.receipt == receipt for listed in shown.grants(view))
