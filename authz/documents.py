"""Documents: files that a loan system or a borrower handed in, as the store holds them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from authz import clock, gate
from authz.authorization import Authorization, Progress, State, Trigger
from authz.consent import Consent, ConsentState, Disposal
from authz.consents import Consents
from authz.gate import Fetch
from authz.ledger import Ledger
from schema.dataset import Dataset
from schema.errors import ConsentWithdrawn
from schema.period import Period
from schema.snapshot import Finding, Severity
from store import tables
from store.database import insert_once, new_id, reading
from store.document_table import document as table

KEPT, REFUSED = "kept", "refused"


@dataclass(frozen=True)
class Document:
    """One file. What follows ``bytes`` is None for a refused one, ``error_code`` and ``detail`` for one that
    is kept. ``run`` is the first whose snapshot has it."""

    id: str
    authorization_id: str
    state: str
    sha256: str
    bytes: int
    handed_by: str
    handed_at: datetime
    consent_id: str | None = None
    dataset: Dataset | None = None
    format: str | None = None
    rows: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    findings: tuple[Finding, ...] = ()
    page_ref: str | None = None
    name_ref: str | None = None
    error_code: str | None = None
    detail: str | None = None
    run: int | None = None

    @property
    def days(self) -> Period:
        """The first and the last day of the rows of one that is kept."""
        assert self.first_day is not None
        assert self.last_day is not None
        return Period(start=self.first_day, end=self.last_day)


class Documents:
    """Keeping the same file twice keeps the first."""

    def __init__(self, engine: Engine, ledger: Ledger, consents: Consents) -> None:
        self._engine, self._ledger, self._consents = engine, ledger, consents

    def of(self, authorization_id: str) -> list[Document]:
        """Every file, the refused ones too, oldest first."""
        query = select(table).where(table.c.authorization_id == authorization_id)
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(table.c.handed_at, table.c.id))
            return [_document(row) for row in found]

    def known(self, authorization_id: str, sha256: str) -> Document | None:
        """The file with this digest, if it was handed in before."""
        with reading(self._engine) as connection:
            return _known(connection, authorization_id, sha256)

    def readable(self, authorization_id: str) -> list[Document]:
        """The kept ones whose consents let what they cover be held."""
        held = tables.consent
        query = (
            select(table)
            .join(held, held.c.id == table.c.consent_id)
            .where(table.c.authorization_id == authorization_id, table.c.state == KEPT)
            .where(held.c.disposal == Disposal.RETAINED)
        )
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(table.c.handed_at, table.c.id))
            return [_document(row) for row in found]

    def open_gate(self, current: Authorization, dataset: Dataset, period: Period) -> tuple[Consent, int]:
        """The consent that a file of these days is kept under, and the fencing token for ``keep``. Raises as
        ``gate.check_handed``, ``ConsentAltered``, ``ClockMovedBack``."""
        used, at = self._consents.proven(current), self._consents.moment()
        governing = gate.relied_on(used, dataset)[0]
        fetch = Fetch(dataset, period, governing.purpose, 0)
        return governing, gate.check_handed(used, current, fetch, at)

    def keep(self, handed: Document, token: int) -> Document:
        """Keep a file when every consent is what it was at the gate. One that was refused before is kept
        now. Raises as ``open_gate`` when it has lost to a change of a consent."""
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, handed.authorization_id, lock=True)
            self._check(connection, current, handed, token)
            values = _values(handed)
            if not insert_once(connection, table, **values):
                known = _known(connection, handed.authorization_id, handed.sha256)
                assert known is not None
                if known.state == KEPT:
                    return known
                handed = replace(handed, id=known.id)
                connection.execute(
                    update(table).where(table.c.id == known.id).values(**{**values, "id": known.id})
                )
            data = {"document": handed.id, "dataset": str(handed.dataset), "format": handed.format or ""}
            data |= {"sha256": handed.sha256, "rows": str(handed.rows), "bytes": str(handed.bytes)}
            self._ledger.record(connection, current.id, handed.handed_by, "document.kept", data)
            return handed

    def refuse(self, handed: Document) -> Document:
        """That a file was refused, and why. One that is kept stays so."""
        with self._engine.begin() as connection:
            if not insert_once(connection, table, **_values(handed)):
                known = _known(connection, handed.authorization_id, handed.sha256)
                assert known is not None
                return known
            data = {"document": handed.id, "error": handed.error_code or "", "sha256": handed.sha256}
            self._ledger.record(
                connection, handed.authorization_id, handed.handed_by, "document.refused", data
            )
            return handed

    def waiting(self) -> list[str]:
        """Authorizations that were scored before a file came which no snapshot has yet."""
        of, held = tables.authorization, tables.consent
        query = (
            select(of.c.id)
            .join(table, table.c.authorization_id == of.c.id)
            .join(held, held.c.id == of.c.consent_id)
            .where(table.c.state == KEPT, table.c.run.is_(None))
            .where(of.c.state == State.GRANTED, of.c.progress == Progress.DONE)
            .where(held.c.state.in_((ConsentState.ACTIVE, ConsentState.CONSUMED)))
            .where(held.c.disposal == Disposal.RETAINED)
            .distinct()
        )
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def take_up(self, authorization_id: str, *, actor: str) -> Authorization | None:
        """Another run for files that no snapshot has yet, standing on what the last run read; nothing is
        asked of a portal. None when there are none, or a run is under way, which will take them or leave them
        to the next."""
        unread = select(func.count()).where(
            table.c.authorization_id == authorization_id, table.c.state == KEPT, table.c.run.is_(None)
        )
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, authorization_id, lock=True)
            idle = current.state is State.GRANTED and current.progress is Progress.DONE
            if not idle or not connection.scalar(unread):
                return None
            begun = self._ledger.next_run(
                current.id, State.REFRESHING, actor=actor, trigger=Trigger.DOCUMENTS, connection=connection
            )
            _carry_over(connection, current.id, current.run, begun.run)
            return begun

    def _check(self, connection: Connection, current: Authorization, handed: Document, token: int) -> None:
        at, used = clock.moment(connection), self._consents.in_use(connection, current)
        assert handed.dataset is not None
        days = handed.days
        fetch = Fetch(handed.dataset, days, gate.relied_on(used, handed.dataset)[0].purpose, 0)
        if gate.check_handed(used, current, fetch, at) != token:
            raise ConsentWithdrawn("a consent changed while the file was being read")


def taken(connection: Connection, current: Authorization, ids: Collection[str]) -> None:
    """The snapshot of the present run has these files."""
    connection.execute(
        update(table).where(table.c.id.in_(ids), table.c.run.is_(None)).values(run=current.run)
    )


def _carry_over(connection: Connection, authorization_id: str, run: int, to: int) -> None:
    """What a run read, or found missing, stands for the next too, as of when it was read."""
    read = tables.collection
    of_run = (read.c.authorization_id == authorization_id) & (read.c.run == run)
    for row in connection.execute(select(read).where(of_run)).all():
        connection.execute(insert(read).values({**row._mapping, "id": new_id("col"), "run": to}))


def _known(connection: Connection, authorization_id: str, sha256: str) -> Document | None:
    query = select(table).where(table.c.authorization_id == authorization_id, table.c.sha256 == sha256)
    row = connection.execute(query).one_or_none()
    return None if row is None else _document(row)


def _document(row: Row[Any]) -> Document:
    fields = dict(row._mapping)
    fields["dataset"] = Dataset(row.dataset) if row.dataset else None
    fields["findings"] = tuple(
        Finding(f["code"], Severity(f["severity"]), Dataset(f["dataset"]), f["detail"]) for f in row.findings
    )
    return Document(**fields)


def _values(handed: Document) -> dict[str, Any]:
    values = dict(vars(handed))
    values["findings"] = [
        {"code": f.code, "severity": f.severity, "dataset": f.dataset, "detail": f.detail}
        for f in handed.findings
    ]
    return values
