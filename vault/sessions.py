"""Portal sessions in the vault: cookies, storage state, tokens, until they expire."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from vault import tables
from vault.reference import KeyClass, Reference
from vault.vault import Vault


class PortalSessions:
    """The sessions of one vault: one an owner, region and route, under the owner's credential key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep(self, owner: str, region: str, route: str, content: bytes, expires_at: datetime) -> None:
        """Keep a session in the place of any former. Raises ``KeyDestroyed``."""
        expiry = int(expires_at.timestamp())
        sealed = self._vault.seal_bytes(_reference(owner, region, route, expiry), content)
        held = {"expires_at": expiry, "sealed": sealed}
        place = {"tenant": self._vault.tenant, "owner": owner, "region": region, "route": route}
        while True:
            with self._vault.engine.begin() as connection:
                replace = update(tables.session).where(self._at(owner, region, route)).values(held)
                if connection.execute(replace).rowcount:
                    break
            try:
                with self._vault.engine.begin() as connection:
                    connection.execute(insert(tables.session).values(**place, **held))
                break
            except IntegrityError:  # another process kept one meanwhile; ours takes its place
                continue
        self._vault.settle(owner, KeyClass.CREDENTIAL)

    def open(self, owner: str, region: str, route: str) -> bytes | None:
        """The session kept for this portal, or None when there is none or it has expired: then it is deleted,
        so that a clock set back does not bring it back. Raises ``KeyDestroyed`` or ``SealBroken``."""
        columns = tables.session.c
        query = select(columns.expires_at, columns.sealed).where(self._at(owner, region, route))
        with self._vault.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.expires_at <= datetime.now(UTC).timestamp():
            self.end(owner, region, route)
            return None
        return self._vault.open_bytes(_reference(owner, region, route, row.expires_at), row.sealed)

    def end(self, owner: str, region: str, route: str) -> None:
        """Delete a session, e.g. one that the portal no longer takes. Idempotent."""
        with self._vault.engine.begin() as connection:
            connection.execute(delete(tables.session).where(self._at(owner, region, route)))

    def _at(self, owner: str, region: str, route: str) -> ColumnElement[bool]:
        columns = tables.session.c
        return (
            (columns.tenant == self._vault.tenant)
            & (columns.owner == owner)
            & (columns.region == region)
            & (columns.route == route)
        )


def _reference(owner: str, region: str, route: str, expiry: int) -> Reference:
    """The expiry stands as the revision, so that a session whose expiry was altered does not open."""
    return Reference(KeyClass.CREDENTIAL, owner, "session", f"{region}.{route}", expiry)
