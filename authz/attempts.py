"""Attempts: each try of one route, with its outcome, its error code and its evidence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Engine, insert, select, update

from authz.authorization import Authorization
from authz.ledger import Ledger
from schema.dataset import Route
from store import tables
from store.database import new_id, now, reading
from vault.redaction import said


class Attempts:
    """The attempts of all authorizations."""

    def __init__(self, engine: Engine, ledger: Ledger) -> None:
        self._engine, self._ledger = engine, ledger

    def begin(self, current: Authorization, route: Route, why: str) -> str:
        """An attempt starts; ``why`` is the router's reason for this route."""
        id = new_id("att")
        with self._engine.begin() as connection:
            connection.execute(
                insert(tables.attempt).values(
                    id=id,
                    authorization_id=current.id,
                    run=current.run,
                    leg=current.leg,
                    route=route,
                    why=why,
                    started_at=now(),
                )
            )
            self._ledger.record(
                connection, current.id, "router", "attempt.begun", {"attempt": id, "route": route}
            )
        return id

    def end(
        self,
        id: str,
        authorization_id: str,
        outcome: str,
        *,
        error_code: str | None = None,
        detail: str = "",
        evidence_ref: str | None = None,
    ) -> None:
        """``outcome`` is granted, parked, waiting or failed; ``detail`` is for operations, never a secret."""
        ended = {"outcome": outcome, "error_code": error_code, "detail": said(detail) or None}
        with self._engine.begin() as connection:
            connection.execute(
                update(tables.attempt)
                .where(tables.attempt.c.id == id)
                .values(**ended, evidence_ref=evidence_ref, ended_at=now())
            )
            data = {"attempt": id, "outcome": outcome} | ({"error": error_code} if error_code else {})
            self._ledger.record(connection, authorization_id, "router", "attempt.ended", data)

    def of(self, authorization_id: str) -> list[dict[str, Any]]:
        """Every attempt, oldest first, as plain values."""
        table = tables.attempt
        query = select(table).where(table.c.authorization_id == authorization_id).order_by(table.c.started_at)
        with reading(self._engine) as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def failed_routes(self, current: Authorization) -> dict[Route, str]:
        """The routes that failed in the present run, each with its newest error code."""
        return {
            Route(attempt["route"]): attempt["error_code"]
            for attempt in self.of(current.id)
            if attempt["run"] == current.run and attempt["outcome"] == "failed"
        }

    def spare_routes(self, current: Authorization, codes: Collection[str]) -> bool:
        """Routes of the present run that failed with one of these codes have only waited. Whether there were
        any."""
        table = tables.attempt
        of_run = (table.c.authorization_id == current.id) & (table.c.run == current.run)
        spared = of_run & (table.c.outcome == "failed") & table.c.error_code.in_(codes)
        with self._engine.begin() as connection:
            return connection.execute(update(table).where(spared).values(outcome="waiting")).rowcount > 0
