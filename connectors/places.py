"""A place to visit: one route of one region, as the store's rows name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from connectors.breaker import State
from schema.dataset import Route
from store.database import insert_once
from store.tables import breaker


@dataclass(frozen=True)
class Place:
    region: str
    route: Route

    def of(self, table: Table) -> ColumnElement[bool]:
        """The rows of this place."""
        return (table.c.region == self.region) & (table.c.route == self.route)

    def __str__(self) -> str:
        return f"{self.region}.{self.route}"


def locked(connection: Connection, place: Place) -> Row[Any]:
    """The place's breaker row, made when there is none. Until the transaction ends nobody else has it, so
    that counting and deciding are one."""
    fresh = {"state": State.CLOSED, "faults": 0, "openings": 0}
    insert_once(connection, breaker, region=place.region, route=place.route, **fresh)
    return connection.execute(select(breaker).where(place.of(breaker)).with_for_update()).one()
