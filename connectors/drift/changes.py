"""How payloads differ from their contracts, in the store: by route, dataset and format, a place at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Executable, Row, case, select, update

from connectors.places import Place
from schema.contract import Change, ChangeKind
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, PageChanged, TaxlinkError
from store.database import inserting, now, reading
from store.tables import contract_change as table

MOST = 60
"""Changes that are kept of one payload."""


@dataclass(frozen=True)
class Noticed:
    """A change that payloads still show. ``source_format`` is empty for one that was met while fetching;
    ``times`` counts payloads since ``first_seen``."""

    place: Place
    dataset: Dataset
    source_format: str
    change: Change
    first_seen: datetime
    last_seen: datetime
    times: int


class Changes:
    """Reads and writes them."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = now) -> None:
        self._engine, self._clock = engine, clock

    def met(self, place: Place, dataset: Dataset, source_format: str, error: TaxlinkError) -> None:
        """What stopped the dataset, when it is that a payload or a page has changed."""
        if isinstance(error, ContractChanged):
            self._notice(place, dataset, source_format, error.changes)
        elif isinstance(error, PageChanged):
            self._notice(place, dataset, source_format, [Change(ChangeKind.FORM, "", error.detail)])

    def read(
        self,
        place: Place,
        dataset: Dataset,
        source_format: str,
        fetched_at: datetime,
        new: Iterable[str] = (),
    ) -> None:
        """A payload was read whole, but for the places of ``new`` fields that nobody knows: what was missing
        until it was fetched is there again."""
        mine = place.of(table) & (table.c.dataset == dataset) & (table.c.source_format == source_format)
        over = (table.c.kind != ChangeKind.NEW) & (table.c.last_seen <= fetched_at)
        broken = mine & over & table.c.ended_at.is_(None)
        with reading(self._engine) as connection:
            found = connection.execute(select(table.c.path).where(broken).limit(1)).first()
        if found is not None:
            with self._engine.begin() as connection:
                connection.execute(update(table).where(broken).values(ended_at=self._clock()))
        if changes := [Change(ChangeKind.NEW, path) for path in new]:
            self._notice(place, dataset, source_format, changes)

    def open(self) -> list[Noticed]:
        """What payloads still show and no person knows of, the oldest first."""
        query = select(table).where(_open()).order_by(table.c.first_seen, *table.primary_key.columns)
        with reading(self._engine) as connection:
            return [_noticed(row) for row in connection.execute(query).all()]

    def _notice(self, place: Place, dataset: Dataset, source_format: str, changes: Iterable[Change]) -> None:
        """What had ended begins anew; a new field that a person knows of stays so."""
        at = self._clock()
        each_once = {(each.kind, each.path): each for each in changes}
        with self._engine.begin() as connection:
            for each in list(each_once.values())[:MOST]:
                connection.execute(_upsert(connection, place, dataset, source_format, each, at))

    def accept(self, place: Place) -> None:
        """A person knows what this route's payloads show now. What stops a dataset comes up again with the
        next payload that shows it."""
        with self._engine.begin() as connection:
            known = place.of(table) & _open()
            connection.execute(update(table).where(known).values(accepted_at=self._clock()))


def _upsert(
    connection: Connection,
    place: Place,
    dataset: Dataset,
    source_format: str,
    change: Change,
    at: datetime,
) -> Executable:
    first = inserting(connection, table).values(
        region=place.region,
        route=place.route,
        dataset=dataset,
        source_format=source_format,
        kind=change.kind,
        path=change.path,
        detail=change.detail,
        first_seen=at,
        last_seen=at,
        times=1,
    )
    ended = table.c.ended_at.is_not(None)
    again = {
        "detail": change.detail,
        "first_seen": case((ended, at), else_=table.c.first_seen),
        "last_seen": at,
        "times": case((ended, 1), else_=table.c.times + 1),
        "accepted_at": table.c.accepted_at if change.kind is ChangeKind.NEW else None,
        "ended_at": None,
    }
    upsert: Executable = first.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=again
    )
    return upsert


def _open() -> ColumnElement[bool]:
    return table.c.ended_at.is_(None) & table.c.accepted_at.is_(None)


def _noticed(row: Row[Any]) -> Noticed:
    return Noticed(
        place=Place(row.region, Route(row.route)),
        dataset=Dataset(row.dataset),
        source_format=row.source_format,
        change=Change(ChangeKind(row.kind), row.path, row.detail),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        times=row.times,
    )
