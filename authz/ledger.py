"""The ledger: authorizations in the store. Every change of state is an audit record and an event, in one
transaction, with its actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from authz import authorization, rows
from authz.application import Application, Letter
from authz.audit import AuditLog, Value
from authz.authorization import Authorization, Progress, State, Trigger
from authz.consent import Consent, DataClass, Party
from schema.errors import AuthorizationUnknown
from store import tables
from store.database import now, reading

# Put together once: they run dozens of times in a run.
_READ = select(tables.authorization).where(tables.authorization.c.id == bindparam("of"))
_LOCKED = _READ.with_for_update()
_CONSENT = select(tables.consent).where(tables.consent.c.id == bindparam("of"))
_CONSENTS = select(tables.consent).where(tables.consent.c.authorization_id == bindparam("of"))
_PARTIES, _CLASSES = list(Party), list(DataClass)
_EVENT = insert(tables.event)


class Ledger:
    """Reads and moves authorizations, and reads their consents. A method that takes a ``Connection`` joins
    the caller's transaction."""

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self.engine = engine
        self.audit = audit

    # --- reading ---

    def authorization(self, id: str, *, tenant: str | None = None) -> Authorization:
        """Raises ``AuthorizationUnknown``, also for another tenant's."""
        with reading(self.engine) as connection:
            return self.read(connection, id, tenant=tenant)

    def consent(self, id: str) -> Consent:
        """The consent by its own id."""
        with reading(self.engine) as connection:
            return rows.consent(connection.execute(_CONSENT, {"of": id}).one())

    def listing(
        self, *, tenant: str | None, state: State | None, limit: int, after: str | None
    ) -> list[Authorization]:
        """The newest first; ``after`` is the id that the page before ended with."""
        table = tables.authorization
        query = select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
        if tenant is not None:
            query = query.where(table.c.tenant == tenant)
        if state is not None:
            query = query.where(table.c.state == state)
        with reading(self.engine) as connection:
            if after is not None:
                edge = self.read(connection, after, tenant=tenant)
                query = query.where(
                    (table.c.created_at < edge.created_at)
                    | ((table.c.created_at == edge.created_at) & (table.c.id < edge.id))
                )
            return [rows.authorization(row) for row in connection.execute(query)]

    def events(self, id: str, *, after: int = 0) -> list[dict[str, Any]]:
        """The events of an authorization in their order: ``{id, at, kind, data}``."""
        table = tables.event
        query = select(table).where(table.c.authorization_id == id, table.c.id > after).order_by(table.c.id)
        with reading(self.engine) as connection:
            return [
                {"id": r.id, "at": r.at, "kind": r.kind, "data": r.data} for r in connection.execute(query)
            ]

    # --- beginning ---

    def open(
        self,
        connection: Connection,
        application: Application,
        letters: Sequence[Letter],
        *,
        actor: str,
        id: str,
        person_ref: str | None = None,
    ) -> Authorization:
        """A new authorization in ``requested`` with its consents in ``awaiting``; the first is its own."""
        consent_id = letters[0].id
        row = rows.new_authorization(application, id, consent_id, person_ref, now())
        connection.execute(insert(tables.authorization).values(row))
        for revision, letter in enumerate(letters, start=1):
            connection.execute(insert(tables.consent).values(rows.new_consent(letter, id, revision)))
        self.record(
            connection,
            id,
            actor,
            "authorization.requested",
            {"region": application.region, "consent": consent_id},
        )
        return self.read(connection, id)

    # --- moving ---

    def move(
        self,
        id: str,
        to: State,
        *,
        actor: str,
        error_code: str | None = None,
        progress: Progress | None = None,
        connection: Connection | None = None,
        **changes: Any,
    ) -> Authorization:
        """Change the state. Raises ``StateConflict`` when the table does not allow it."""
        if connection is None:
            with self.engine.begin() as own:
                return self.move(
                    id, to, actor=actor, error_code=error_code, progress=progress, connection=own, **changes
                )
        current = self.read(connection, id, lock=True)
        authorization.step(current.state, to)
        values = {"state": to, "error_code": error_code, "updated_at": now(), **changes}
        if progress is not None:
            values["progress"] = progress
        connection.execute(
            update(tables.authorization).where(tables.authorization.c.id == id).values(**values)
        )
        data = {"from": current.state, "to": to, "run": values.get("run", current.run)}
        self.record(
            connection, id, actor, "authorization.moved", data | ({"error": error_code} if error_code else {})
        )
        return self.read(connection, id)

    def set_progress(self, id: str, progress: Progress, *, actor: str) -> None:
        """Progress under the grant, as an event."""
        with self.engine.begin() as connection:
            connection.execute(
                update(tables.authorization)
                .where(tables.authorization.c.id == id)
                .values(progress=progress, updated_at=now())
            )
            self.record(connection, id, actor, "authorization.progressed", {"progress": progress})

    def next_leg(self, id: str, connection: Connection) -> Authorization:
        """Count up the leg of the present run: a new piece of work begins under a new name."""
        current = self.read(connection, id, lock=True)
        connection.execute(
            update(tables.authorization)
            .where(tables.authorization.c.id == id)
            .values(leg=current.leg + 1, updated_at=now())
        )
        return self.read(connection, id)

    def next_run(
        self,
        id: str,
        to: State,
        *,
        actor: str,
        trigger: Trigger,
        amended: bool = False,
        connection: Connection | None = None,
    ) -> Authorization:
        """Begin another run of the same authorization (re-run, repair or refresh); ``amended`` when it is to
        read under the amendment that the borrower has agreed to."""
        if connection is None:
            with self.engine.begin() as own:
                return self.next_run(id, to, actor=actor, trigger=trigger, amended=amended, connection=own)
        current = self.read(connection, id, lock=True)
        return self.move(
            id,
            to,
            actor=actor,
            progress=Progress.WAITING,
            connection=connection,
            run=current.run + 1,
            leg=1,
            trigger=trigger,
            amendment_run=current.run + 1 if amended else None,
        )

    def consents(self, connection: Connection, id: str) -> list[Consent]:
        """Every consent of an authorization within the caller's transaction: by version, the borrower's
        first, in the order of the classes."""
        held = [rows.consent(row) for row in connection.execute(_CONSENTS, {"of": id})]
        return sorted(
            held, key=lambda each: (each.version, _PARTIES.index(each.party), _CLASSES.index(each.data_class))
        )

    def record(self, connection: Connection, id: str, actor: str, kind: str, data: Mapping[str, Any]) -> None:
        """One event for the callers and one audit record. Ids, codes and counts only."""
        # The audit log's head is locked first: event ids are then given out in the order of the commits, so
        # that whoever follows the largest id misses none.
        self.audit.append(connection, actor=actor, action=kind, subject=id, data=_flat(data))
        connection.execute(_EVENT, {"authorization_id": id, "at": now(), "kind": kind, "data": data})

    @staticmethod
    def read(
        connection: Connection, id: str, *, tenant: str | None = None, lock: bool = False
    ) -> Authorization:
        """The authorization within the caller's transaction, its row locked on request. Raises
        ``AuthorizationUnknown``."""
        row = connection.execute(_LOCKED if lock else _READ, {"of": id}).one_or_none()
        if row is None or (tenant is not None and row.tenant != tenant):
            raise AuthorizationUnknown
        return rows.authorization(row)


def _flat(data: Mapping[str, Any]) -> dict[str, Value]:
    """Event data as the audit log takes them: nested names joined by a dot, fractions as text."""
    flat: dict[str, Value] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": each for inner, each in _flat(value).items()}
        else:
            flat[name] = repr(value) if isinstance(value, float) else value
    return flat
