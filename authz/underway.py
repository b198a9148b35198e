"""Pages of a dataset that is still being read: sealed already, so that a killed worker need not ask for them
again. They become the collection when it is committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from schema.dataset import Dataset, Route
from schema.period import Period
from store import tables
from store.database import new_id, now, reading


@dataclass(frozen=True)
class Reading:
    """One dataset of one run, for one period, by one route. ``token`` is the consent's revision that it is
    read under: after a change of the consent nothing of it counts."""

    authorization_id: str
    run: int
    dataset: Dataset
    period: Period
    route: Route
    token: int


class PagesUnderWay:
    """Keeps their descriptions, a batch at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, of: Reading, pages: list[dict[str, Any]]) -> None:
        """One batch, in one transaction."""
        values = {
            "id": new_id("way"),
            "authorization_id": of.authorization_id,
            "run": of.run,
            "dataset": of.dataset,
            "period_start": of.period.start,
            "period_end": of.period.end,
            "route": of.route,
            "token": of.token,
            "pages": pages,
            "sealed_at": now(),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(tables.pages_under_way).values(values))

    def of(self, reading_: Reading) -> list[dict[str, Any]]:
        """Every page that was kept, in the order of the batches."""
        table = tables.pages_under_way
        query = select(table.c.pages).where(
            table.c.authorization_id == reading_.authorization_id,
            table.c.run == reading_.run,
            table.c.dataset == reading_.dataset,
            table.c.period_start == reading_.period.start,
            table.c.period_end == reading_.period.end,
            table.c.route == reading_.route,
            table.c.token == reading_.token,
        )
        with reading(self._engine) as connection:
            batches = connection.scalars(query.order_by(table.c.sealed_at)).all()
        return [page for batch in batches for page in batch]

    def drop(self, authorization_id: str, run: int, dataset: Dataset) -> None:
        """Nothing of it counts any more. Idempotent."""
        with self._engine.begin() as connection:
            ended(connection, authorization_id, run, dataset)


def ended(connection: Connection, authorization_id: str, run: int, dataset: Dataset) -> None:
    """The dataset is committed, or is read anew: within the caller's transaction."""
    table = tables.pages_under_way
    connection.execute(
        delete(table).where(
            table.c.authorization_id == authorization_id, table.c.run == run, table.c.dataset == dataset
        )
    )
