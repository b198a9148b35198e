"""Grants (授权回执): the portal's own confirmation that the bank may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from authz import facts
from authz.authorization import State
from authz.ledger import Ledger
from connectors.interface import Grant
from schema.dataset import Route
from schema.errors import GrantRevoked
from store import tables
from store.database import new_id, now, reading


@dataclass(frozen=True)
class HeldGrant:
    """A grant in the store; the secret is in the vault."""

    id: str
    route: Route
    receipt: str
    secret_ref: str
    granted_at: datetime
    expires_at: datetime | None


class Grants:
    """The grants of all authorizations, at most one of a route that has not ended."""

    def __init__(self, engine: Engine, ledger: Ledger) -> None:
        self._engine, self._ledger = engine, ledger

    def keep(
        self, connection: Connection, authorization_id: str, route: Route, grant: Grant, secret_ref: str
    ) -> None:
        """A new grant; one held before on the same route is ended."""
        table = tables.grant
        connection.execute(
            update(table)
            .where(
                table.c.authorization_id == authorization_id,
                table.c.route == route,
                table.c.ended_at.is_(None),
            )
            .values(ended_at=now())
        )
        connection.execute(
            insert(table).values(
                id=new_id("grt"),
                authorization_id=authorization_id,
                route=route,
                receipt=grant.receipt,
                secret_ref=secret_ref,
                granted_at=grant.granted_at,
                expires_at=grant.expires_at,
            )
        )
        fact = facts.grant(route, grant.receipt, grant.granted_at, grant.expires_at)
        self._ledger.record(
            connection, authorization_id, "portal", "grant.kept", {"route": route} | facts.said(fact)
        )

    def of(self, authorization_id: str) -> HeldGrant | None:
        """The grant that has not ended: that of the route which granted last, as far as one has."""
        table, of = tables.grant, tables.authorization
        query = (
            select(table)
            .join(of, of.c.id == table.c.authorization_id)
            .where(of.c.id == authorization_id, table.c.ended_at.is_(None))
            .order_by((table.c.route == of.c.route).desc(), table.c.granted_at.desc())
        )
        with reading(self._engine) as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        if row is None:
            return None
        return HeldGrant(
            row.id, Route(row.route), row.receipt, row.secret_ref, row.granted_at, row.expires_at
        )

    def stands(self, grant_id: str) -> None:
        """The portal says that the grant stands."""
        table = tables.grant
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == grant_id).values(stood_at=now()))

    def revoked(self, authorization_id: str, grant_id: str) -> None:
        """The portal says that the grant is over: the authorization ends there. Idempotent."""
        table = tables.grant
        with self._engine.begin() as connection:
            current = self._ledger.read(connection, authorization_id, lock=True)
            connection.execute(update(table).where(table.c.id == grant_id).values(ended_at=now()))
            if current.state in (State.GRANTED, State.REFRESHING):
                self._ledger.move(
                    current.id,
                    State.REVOKED_AT_PORTAL,
                    actor="portal",
                    error_code=GrantRevoked.cause_code(),
                    connection=connection,
                )
