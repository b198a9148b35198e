"""The consents of an authorization as the store holds them, proven by their signed artefacts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from authz import clock, rows
from authz.authorization import Authorization
from authz.consent import Consent, ConsentState, Disposal, Party
from authz.consent.archive import Archive, Signed
from authz.ledger import Ledger
from schema.dataset import Dataset
from schema.errors import StateConflict
from schema.period import Period
from store import tables
from store.database import reading


class HeldConsents:
    """Questions to the store and the archive."""

    def __init__(self, ledger: Ledger, archive: Archive) -> None:
        self._ledger, self.archive = ledger, archive
        self._engine = ledger.engine

    def of(self, id: str) -> list[Consent]:
        """Every consent of an authorization, those that have ended too."""
        with reading(self._engine) as connection:
            return self._ledger.consents(connection, id)

    def asked(self, id: str, party: Party) -> Consent | None:
        """The consent that this party is asked for now."""
        return next(
            (each for each in self.of(id) if each.party is party and each.state is ConsentState.AWAITING),
            None,
        )

    def in_use(self, connection: Connection, current: Authorization) -> list[Consent]:
        """What the gate decides by: the consent that the present run reads under, and those of other parties
        and classes."""
        return _in_use(self._ledger.consents(connection, current.id), current)

    def scopes(self, current: Authorization) -> dict[Dataset, Period]:
        """What the borrower's consents in use cover together."""
        with reading(self._engine) as connection:
            used = self.in_use(connection, current)
        return {
            dataset: period
            for each in used
            if each.party is Party.BORROWER
            for dataset, period in each.scopes.items()
        }

    def proven(self, current: Authorization) -> list[Consent]:
        """Those in use, each one agreed to proven by its signed artefact. Raises ``ConsentAltered``."""
        with reading(self._engine) as connection:
            used = self.in_use(connection, current)
        for each in used:
            if each.state is ConsentState.ACTIVE:
                self.archive.read(each, current.taxpayer_id)
        return used

    def signed(self, current: Authorization, consent: Consent) -> Signed:
        """The artefact of one of its consents. Raises ``ConsentAltered``."""
        return self.archive.read(consent, current.taxpayer_id)

    def moment(self) -> datetime:
        """This instant by the clock that does not go back. Raises ``ClockMovedBack``."""
        with self._engine.begin() as connection:
            return clock.moment(connection)

    def to_shred(self, id: str) -> list[Consent]:
        """The consents whose keys are to be destroyed."""
        return [each for each in self.of(id) if each.disposal is Disposal.SHRED_PENDING]

    def unstamped(self, limit: int) -> list[Consent]:
        """Consents that were signed and not time-stamped yet, the longest-waiting first."""
        table = tables.consent
        query = (
            select(table)
            .where(table.c.artefact_ref.is_not(None), table.c.timestamp_ref.is_(None))
            .order_by(table.c.valid_from)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [rows.consent(row) for row in connection.execute(query)]


def _in_use(consents: list[Consent], current: Authorization) -> list[Consent]:
    own = one(consents, current.consent_id)
    return [
        each
        for each in consents
        if each.id == own.id or (each.party, each.data_class) != (own.party, own.data_class)
    ]


def one(consents: list[Consent], id: str) -> Consent:
    """The consent of this id. Raises ``StateConflict``."""
    for each in consents:
        if each.id == id:
            return each
    raise StateConflict("there is no such consent")
