"""One SQLAlchemy engine, set up for many processes: SQLite embedded, PostgreSQL for many machines."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_MILLISECONDS = 20_000
_READ_ONLY = "store_read_only"


def open_database(url: str) -> Engine:
    """An engine for ``sqlite:///path`` or ``postgresql+psycopg://…``.

    On SQLite a writing transaction takes the write lock at its start, so that a read followed by a write
    never fails half-way.
    """
    engine = create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Connection:
    """A connection that only reads: it sees one moment of the store and holds no lock."""
    return engine.connect().execution_options(**{_READ_ONLY: True})


def _begin_sqlite(connection: Connection) -> None:
    """SQLAlchemy announces a beginning for autocommit connections too; those hold no lock."""
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN" if options.get(_READ_ONLY) else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # transactions are begun above, not by the driver
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def inserting(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what happens on a conflict, which each database's dialect has for itself."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_once(connection: Connection, table: Table, **values: Any) -> bool:
    """A row, unless there is one with its key. Whether there was none."""
    done = connection.execute(inserting(connection, table).values(**values).on_conflict_do_nothing())
    return done.rowcount == 1


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """``auth_3f2a…``: a random id that says what it is of."""
    return f"{prefix}_{uuid4().hex}"
