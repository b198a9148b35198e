"""What is due: overdue consents, work that was never taken up, reads that a periodic consent allows today."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, Select, exists, func, select

from authz import rows
from authz.authorization import Authorization, Progress, State
from authz.consent import Consent, ConsentState, Disposal, Frequency
from schema.dataset import Route
from store import tables
from store.database import now, reading


class Due:
    """Questions to the store. They change nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def overdue_consents(self) -> list[Consent]:
        """Consents past their validity, and unanswered ones whose party's links have all expired."""
        table, link, at = tables.consent, tables.link, now()
        live_link = exists().where(
            link.c.authorization_id == table.c.authorization_id,
            link.c.party == table.c.party,
            link.c.expires_at > at,
        )
        awaiting = (table.c.state == ConsentState.AWAITING) & ~live_link
        past = table.c.state.in_((ConsentState.ACTIVE, ConsentState.SUSPENDED)) & (table.c.valid_until <= at)
        with reading(self._engine) as connection:
            return [rows.consent(row) for row in connection.execute(select(table).where(awaiting | past))]

    def unstarted(self, before: datetime) -> list[Authorization]:
        """Authorizations in ``planning``, or about to refresh, since before ``before``: their leg was never
        taken up."""
        table = tables.authorization
        begun = (table.c.state == State.REFRESHING) & (table.c.progress == Progress.WAITING)
        query = select(table).where((table.c.state == State.PLANNING) | begun, table.c.updated_at <= before)
        with reading(self._engine) as connection:
            return [rows.authorization(row) for row in connection.execute(query)]

    def undisposed(self) -> list[Authorization]:
        """Authorizations with keys that are to be destroyed and still stand."""
        table, held = tables.authorization, tables.consent
        pending = select(held.c.authorization_id).where(held.c.disposal == Disposal.SHRED_PENDING)
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(table.c.id.in_(pending)))
            return [rows.authorization(row) for row in found]

    def unasked(self, before: datetime, limit: int) -> list[Authorization]:
        """Granted authorizations under an active consent whose portal was last heard of their grant before
        then."""
        table, held, grant = tables.authorization, tables.consent, tables.grant
        heard = func.coalesce(grant.c.stood_at, grant.c.granted_at)
        query = (
            select(table)
            .join(held, held.c.id == table.c.consent_id)
            .join(grant, (grant.c.authorization_id == table.c.id) & grant.c.ended_at.is_(None))
            .where(
                table.c.state == State.GRANTED,
                table.c.route == grant.c.route,
                grant.c.route == Route.API,
                held.c.state == ConsentState.ACTIVE,
                heard < before,
            )
            .order_by(heard)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [rows.authorization(row) for row in connection.execute(query)]

    def outlived(self) -> list[str]:
        """Authorizations that hold data read longer ago than the data life of the consent in force."""
        held, read, of = tables.consent, tables.collection, tables.authorization
        oldest = func.min(read.c.fetched_at).label("oldest")
        query = (
            select(held.c.authorization_id, held.c.data_life_days, oldest)
            .join(of, of.c.consent_id == held.c.id)
            .join(read, read.c.authorization_id == held.c.authorization_id)
            .where(held.c.disposal == Disposal.RETAINED)
            .group_by(held.c.authorization_id, held.c.data_life_days)
        )
        with reading(self._engine) as connection:
            found = connection.execute(query).all()
        return [
            row.authorization_id for row in found if row.oldest + timedelta(days=row.data_life_days) <= now()
        ]

    def refreshable(self) -> list[str]:
        """Granted authorizations under an active periodic consent that were not read yet in its calendar
        unit."""
        table, held = tables.authorization, tables.consent
        query = (
            select(table.c.id, held.c.frequency_times, held.c.frequency_unit)
            .join(held, held.c.id == table.c.consent_id)
            .where(
                table.c.state == State.GRANTED,
                held.c.state == ConsentState.ACTIVE,
                held.c.periodic,
                held.c.valid_until > now(),
            )
        )
        due = []
        with reading(self._engine) as connection:
            for row in connection.execute(query).all():
                since = Frequency(row.frequency_times, row.frequency_unit).unit_start(now())
                if (connection.scalar(_reads(row.id, since)) or 0) < row.frequency_times:
                    due.append(row.id)
        return due


def _reads(authorization_id: str, since: datetime) -> Select[int]:
    """How often since then what was read came to a snapshot. A run that files were handed in for stands on an
    earlier read, and adds none."""
    held, read = tables.snapshot, tables.collection
    of_run = (read.c.authorization_id == held.c.authorization_id) & (read.c.run == held.c.run)
    runs = (
        select(func.min(read.c.fetched_at).label("read"), func.min(held.c.fetched_at).label("kept"))
        .select_from(held.join(read, of_run))
        .where(held.c.authorization_id == authorization_id)
        .group_by(held.c.run)
        .subquery()
    )
    reads = select(func.min(runs.c.kept).label("first")).group_by(runs.c.read).subquery()
    return select(func.count()).select_from(reads).where(reads.c.first >= since)
