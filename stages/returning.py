"""A returning borrower: the portal session that an attempt opens with, and the one that it leaves behind."""

from __future__ import annotations

from datetime import timedelta

from authz.authorization import Authorization
from authz.sessions import HeldSession, normal
from connectors.interface import Credentials, Grant
from schema.dataset import Route
from schema.errors import Action, TaxlinkError
from stages.workshop import Workshop

_NOTHING_SAID = frozenset({Action.RETRY, Action.WAIT})
"""What a portal's failure says of the session that it was opened with: nothing."""


class Returning:
    """The sessions of one attempt."""

    def __init__(self, shop: Workshop, current: Authorization, route: Route) -> None:
        self._shop, self._current, self._route = shop, current, route
        self._held: HeldSession | None = None

    def begin(self, person_id: str) -> bytes | None:
        """What the flow may open with, under a consent that is live now."""
        self._held = self._shop.sessions.find(self._current, self._route, person_id)
        return self._held.content if self._held else None

    @property
    def signed_in_under(self) -> str | None:
        """The consent under which the person signed in to the session that the flow went on in."""
        return self._held.owner if self._held else None

    def asked(self) -> None:
        """The person has to do something, so the portal does not know the session any more."""
        if self._held is not None:
            self._shop.sessions.end(self._current, self._route, self._held)
            self._held = None

    def failed(self, error: TaxlinkError) -> None:
        """A session that leads astray is not tried again."""
        if error.action not in _NOTHING_SAID:
            self.asked()

    def granted(self, grant: Grant, credentials: Credentials) -> None:
        """Keep the session of a grant: in the place of the one that the flow went on in, else for whoever
        signed in."""
        if grant.session is None:
            return
        if self._held is None:
            account = credentials.current() or {}
            owner, person_id = self._current.vault_owner, normal(account.get("person_id", ""))
        else:
            owner, person_id = self._held.owner, self._held.person_id
        life = timedelta(seconds=self._shop.rules(self._current.region, self._route).session_seconds)
        held = HeldSession(owner, person_id, grant.session)
        self._shop.sessions.keep(self._current, self._route, held, life)
