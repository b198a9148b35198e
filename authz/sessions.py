"""Portal sessions that outlive their run: a returning borrower need not sign in again while the portal still
knows them.

A session belongs to the consent under which the person signed in, and is sealed under its credential key: the
end of that consent destroys it. Another consent may take it up while both are live, for the same tenant,
company, region and person; what is then read is decided by the gate, as ever.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Engine, select

from authz.authorization import Authorization
from authz.consent import ConsentState
from schema.dataset import Route
from schema.errors import KeyDestroyed, SealBroken
from store import tables
from store.database import now, reading
from vault.sessions import PortalSessions
from vault.vault import Vault

_MOST = 32
"""How many consents of one company are asked for a session, the newest first."""


@dataclass(frozen=True)
class HeldSession:
    """``owner`` is the consent under which the person signed in; ``person_id`` is empty where nobody said
    who."""

    owner: str
    person_id: str
    content: bytes = field(repr=False)


class Sessions:
    """Keeps, finds and ends them. The portal decides whether one still opens."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._sealed = engine, PortalSessions(vault)

    def keep(self, current: Authorization, route: Route, held: HeldSession, life: timedelta) -> None:
        """In the place of any former of its owner. Nothing is kept for an owner whose consent has ended
        meanwhile."""
        content = {"person": held.person_id, "session": base64.b64encode(held.content).decode()}
        try:
            self._sealed.keep(held.owner, current.region, route, json.dumps(content).encode(), now() + life)
        except KeyDestroyed:
            return

    def find(self, current: Authorization, route: Route, person_id: str) -> HeldSession | None:
        """The newest session that this authorization may open with; its own comes first.

        ``person_id`` is who acts, as far as the bank knows: another authorization's session is theirs alone.
        """
        for owner, authorization_id in self._owners(current):
            try:
                content = self._sealed.open(owner, current.region, route)
            except (KeyDestroyed, SealBroken):
                continue
            if content is None:
                continue
            told = json.loads(content)
            same = bool(person_id) and told["person"] == normal(person_id)
            if same or authorization_id == current.id:
                return HeldSession(owner, told["person"], base64.b64decode(told["session"]))
        return None

    def end(self, current: Authorization, route: Route, held: HeldSession) -> None:
        """The portal no longer takes it."""
        self._sealed.end(held.owner, current.region, route)

    def _owners(self, current: Authorization) -> list[tuple[str, str]]:
        """(consent, authorization) of the live consents of the same tenant, company and region."""
        consent, other, at = tables.consent, tables.authorization, now()
        query = (
            select(consent.c.id, consent.c.authorization_id)
            .join(other, other.c.consent_id == consent.c.id)
            .where(
                other.c.tenant == current.tenant,
                other.c.taxpayer_id == current.taxpayer_id,
                other.c.region == current.region,
                consent.c.state == ConsentState.ACTIVE,
                consent.c.valid_from <= at,
                consent.c.valid_until > at,
            )
            .order_by((other.c.id == current.id).desc(), other.c.created_at.desc())
            .limit(_MOST)
        )
        with reading(self._engine) as connection:
            return [(row.id, row.authorization_id) for row in connection.execute(query)]


def normal(person_id: str) -> str:
    """A person's id number as portals compare them."""
    return person_id.strip().upper()
