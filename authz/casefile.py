"""The case file: what was read under an authorization and made of it, as ids, codes, counts and vault
references."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update

from authz import clock, facts, gate, underway
from authz.authorization import Authorization
from authz.consent import Consent
from authz.consents import Consents
from authz.documents import taken
from authz.gate import Fetch
from authz.ledger import Ledger
from schema.dataset import Dataset, Missing, Route
from schema.errors import StateConflict
from schema.period import Period
from schema.snapshot import Finding, Severity
from store import tables
from store.database import insert_once, new_id, now, reading


@dataclass(frozen=True)
class Collected:
    """One dataset of one run: its sealed raw pages, or why there are none."""

    dataset: Dataset
    period: Period
    route: Route
    pages: list[dict[str, Any]]
    missing: Missing | None
    error_code: str | None
    fetched_at: datetime
    evidence_ref: str | None = None


@dataclass(frozen=True)
class HeldSnapshot:
    id: str
    run: int
    tables: dict[str, dict[str, Any]]
    missing: dict[Dataset, Missing]
    findings: tuple[Finding, ...]
    as_of: date
    fetched_at: datetime


class CaseFile:
    """Collections, snapshots and scores. Writing the same thing twice keeps the first."""

    def __init__(self, engine: Engine, ledger: Ledger, consents: Consents) -> None:
        self._engine, self._ledger, self._consents = engine, ledger, consents

    # --- collections ---

    def open_gate(self, current: Authorization, dataset: Dataset, period: Period) -> int:
        """Ask the gate for a fetch that begins now, under consents proven by their signed artefacts: the
        fencing token for ``commit_collection``.

        Raises as ``gate.check``, ``ConsentAltered``, ``ClockMovedBack``.
        """
        used, at = self._consents.proven(current), self._consents.moment()
        with reading(self._engine) as connection:
            fetch = _asked(connection, current, dataset, period, gate.relied_on(used, dataset)[0], at)
        return gate.check(used, current, fetch, at)

    def take_over(self, current: Authorization, since: datetime) -> None:
        """What earlier runs read since then, and never brought to a score, becomes the present run's: it is
        not read again. Idempotent."""
        table, scored = tables.collection, tables.score
        mine = table.c.authorization_id == current.id
        ended_well = select(scored.c.run).where(scored.c.authorization_id == current.id)
        already = select(table.c.dataset).where(mine, table.c.run == current.run)
        left = mine & (table.c.run < current.run) & (table.c.state == "collected")
        with self._engine.begin() as connection:
            connection.execute(
                update(table)
                .where(left, table.c.fetched_at >= since)
                .where(table.c.run.not_in(ended_well), table.c.dataset.not_in(already))
                .values(run=current.run)
            )

    def commit_collection(self, current: Authorization, collected: Collected, token: int) -> None:
        """Keep a collection when the gate still opens and every consent is what it was at the start.

        Raises as ``gate.check`` when the fetch has lost to a change of a consent, and ``StateConflict`` when
        another run has begun.
        """
        with self._engine.begin() as connection:
            live = self._ledger.read(connection, current.id, lock=True)
            at = clock.moment(connection)
            self._check_commit(connection, live, current.run, collected, token, at)
            new = insert_once(
                connection,
                tables.collection,
                id=new_id("col"),
                authorization_id=current.id,
                run=current.run,
                dataset=collected.dataset,
                period_start=collected.period.start,
                period_end=collected.period.end,
                route=collected.route,
                state="missing" if collected.missing else "collected",
                pages=collected.pages,
                missing=collected.missing,
                error_code=collected.error_code,
                evidence_ref=collected.evidence_ref,
                fetched_at=at,
            )
            underway.ended(connection, current.id, current.run, collected.dataset)
            if not new:
                return
            data = {"dataset": collected.dataset, "route": collected.route, "pages": len(collected.pages)}
            data |= facts.said(facts.collection(replace(collected, fetched_at=at)))
            if collected.missing:
                data |= {"missing": collected.missing, "error": collected.error_code or ""}
            self._ledger.record(connection, current.id, "pipeline", "dataset.collected", data)
            if not collected.missing:
                self._consents.worked(connection, live)

    def _check_commit(
        self,
        connection: Connection,
        live: Authorization,
        run: int,
        collected: Collected,
        token: int,
        at: datetime,
    ) -> None:
        if live.run != run:
            raise StateConflict("another run has begun")
        used = self._consents.in_use(connection, live)
        if collected.missing:
            gate.check_live(next(each for each in used if each.id == live.consent_id), at)
            return
        governing = gate.relied_on(used, collected.dataset)[0]
        fetch = _asked(connection, live, collected.dataset, collected.period, governing, at)
        gate.check_commit(token, used, live, fetch, at)

    def collections(self, authorization_id: str, run: int) -> list[Collected]:
        """The collections of one run."""
        table = tables.collection
        query = select(table).where(table.c.authorization_id == authorization_id, table.c.run == run)
        with reading(self._engine) as connection:
            return [_collected(row) for row in connection.execute(query.order_by(table.c.fetched_at))]

    def last_read(self, current: Authorization, dataset: Dataset) -> Collected | None:
        """The newest collection of a dataset in an earlier run that came to a score with it."""
        held, scored = tables.snapshot, tables.score
        query = (
            select(held.c.run, held.c.missing)
            .join(
                scored, (scored.c.authorization_id == held.c.authorization_id) & (scored.c.run == held.c.run)
            )
            .where(held.c.authorization_id == current.id, held.c.run < current.run)
            .order_by(held.c.run.desc())
        )
        with reading(self._engine) as connection:
            runs = [row.run for row in connection.execute(query) if dataset not in row.missing]
        found = self.collections(current.id, runs[0]) if runs else []
        return next((each for each in found if each.dataset is dataset and not each.missing), None)

    # --- snapshots and scores ---

    def keep_snapshot(
        self,
        current: Authorization,
        held: dict[str, dict[str, Any]],
        missing: dict[Dataset, Missing],
        findings: tuple[Finding, ...],
        as_of: date,
        documents: Collection[str] = (),
    ) -> None:
        """``held`` is ``{table: {ref, rows}}``; ``documents`` are those whose rows are in it."""
        with self._engine.begin() as connection:
            new = insert_once(
                connection,
                tables.snapshot,
                id=new_id("snp"),
                authorization_id=current.id,
                run=current.run,
                tables=held,
                missing={dataset.value: reason.value for dataset, reason in missing.items()},
                findings=[
                    {"code": f.code, "severity": f.severity, "dataset": f.dataset, "detail": f.detail}
                    for f in findings
                ],
                as_of=as_of,
                fetched_at=now(),
            )
            if not new:
                return
            taken(connection, current, documents)
            rows = {name: table["rows"] for name, table in held.items()}
            data = {"rows": rows, "findings": len(findings)}
            data |= facts.said(facts.snapshot(as_of, held, missing, findings))
            self._ledger.record(connection, current.id, "pipeline", "snapshot.kept", data)

    def snapshot(self, authorization_id: str, run: int | None = None) -> HeldSnapshot | None:
        """The snapshot of a run, or the newest."""
        row = self._newest(tables.snapshot, authorization_id, run)
        if row is None:
            return None
        return HeldSnapshot(
            id=row.id,
            run=row.run,
            tables=row.tables,
            missing={Dataset(name): Missing(reason) for name, reason in row.missing.items()},
            findings=tuple(
                Finding(f["code"], Severity(f["severity"]), Dataset(f["dataset"]), f["detail"])
                for f in row.findings
            ),
            as_of=row.as_of,
            fetched_at=row.fetched_at,
        )

    def keep_score(self, current: Authorization, summary: dict[str, Any], result: dict[str, str]) -> None:
        """``summary`` holds the columns of the score table beside ids and time, ``result`` the digests of the
        whole result."""
        with self._engine.begin() as connection:
            new = insert_once(
                connection,
                tables.score,
                id=new_id("scr"),
                authorization_id=current.id,
                run=current.run,
                created_at=now(),
                **summary,
            )
            if not new:
                return
            data = {
                name: summary[name]
                for name in ("decision", "points", "grade", "limit_fen", "annual_rate", "policy_version")
            }
            data |= {"result": result} | facts.said(facts.score(summary, result))
            self._ledger.record(connection, current.id, "pipeline", "score.kept", data)

    def score(self, authorization_id: str, run: int | None = None) -> dict[str, Any] | None:
        """The score of a run, or the newest, as plain values."""
        row = self._newest(tables.score, authorization_id, run)
        return dict(row._mapping) if row else None

    def last_declined_on(self, current: Authorization) -> date | None:
        """The day of the newest decline of another application of the same company, for the cool-off rule."""
        held, other = tables.score, tables.authorization
        query = (
            select(func.max(held.c.created_at))
            .join(other, other.c.id == held.c.authorization_id)
            .where(
                other.c.tenant == current.tenant,
                other.c.taxpayer_id == current.taxpayer_id,
                other.c.id != current.id,
                held.c.decision == "decline",
            )
        )
        with reading(self._engine) as connection:
            newest: datetime | None = connection.scalar(query)
        return newest.date() if newest else None

    def _newest(self, table: Any, authorization_id: str, run: int | None) -> Row[Any] | None:
        query = select(table).where(table.c.authorization_id == authorization_id)
        if run is not None:
            query = query.where(table.c.run == run)
        with reading(self._engine) as connection:
            return connection.execute(query.order_by(table.c.run.desc()).limit(1)).one_or_none()


def _asked(
    connection: Connection,
    current: Authorization,
    dataset: Dataset,
    period: Period,
    consent: Consent,
    at: datetime,
) -> Fetch:
    """A fetch as the gate is asked: with what earlier runs have read of the dataset in the consent's calendar
    unit of ``at``, and when the oldest data that are still held were read."""
    table = tables.collection
    held = (table.c.authorization_id == current.id) & (table.c.state == "collected")
    reads = select(func.count(table.c.fetched_at.distinct())).where(  # a run may stand on an earlier read
        held,
        table.c.dataset == dataset,
        table.c.run != current.run,
        table.c.fetched_at >= consent.frequency.unit_start(at),
    )
    oldest = select(func.min(table.c.fetched_at)).where(held)
    return Fetch(dataset, period, consent.purpose, connection.scalar(reads) or 0, connection.scalar(oldest))


def _collected(row: Row[Any]) -> Collected:
    return Collected(
        dataset=Dataset(row.dataset),
        period=Period(start=row.period_start, end=row.period_end),
        route=Route(row.route),
        pages=row.pages,
        missing=Missing(row.missing) if row.missing else None,
        error_code=row.error_code,
        fetched_at=row.fetched_at,
        evidence_ref=row.evidence_ref,
    )
