"""Opening the vault's databases: SQLite files shared by many processes, or PostgreSQL by URL."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.schema import CreateIndex, CreateTable
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from schema.errors import VaultError

_BUSY_SECONDS = 30
_NO_ROOM = ("disk is full", "disk I/O error")


def open_database(url: str, metadata: MetaData, *, secure_delete: str) -> Engine:
    """An engine whose tables exist. ``secure_delete`` is SQLite's pragma: ``ON`` or ``FAST``."""
    address = make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and address.database:
        _owner_only(Path(address.database))
    engine = create_engine(
        address,
        connect_args={"timeout": _BUSY_SECONDS} if sqlite else {},
        pool_size=20,  # as many as a worker's legs and their helpers: opening one costs more than asking it
        hide_parameters=True,
    )
    if sqlite:

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _: object) -> None:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA secure_delete={secure_delete}")

        @event.listens_for(engine, "handle_error")
        def _named(context: ExceptionContext) -> None:
            if any(word in str(context.original_exception) for word in _NO_ROOM):
                raise VaultError("the vault's disk is full or failing; nothing was kept") from None

    for attempt in (1, 2):
        try:
            _create_tables(engine, metadata)
            break
        except (IntegrityError, ProgrammingError):  # PostgreSQL, when two processes create at once
            if attempt == 2:
                raise
    return engine


@retry(
    retry=retry_if_exception_type(TimeoutError),
    stop=stop_after_delay(_BUSY_SECONDS),
    wait=wait_random(0.01, 0.1),
    reraise=True,
)
def truncate_log(engine: Engine) -> None:
    """Move SQLite's write-ahead log into the file and cut it to nothing. Other databases keep a log of their
    own.

    SQLite does not wait for another who is at it, so this tries again for half a minute. Raises
    ``TimeoutError`` when a reader holds the log for longer.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
    if busy:
        raise TimeoutError("the write-ahead log is held by a reader")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the log on. SQLite does not wait here for another process that does the same, so we do."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _create_tables(engine: Engine, metadata: MetaData) -> None:
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def _owner_only(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
