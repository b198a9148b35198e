"""The log on PostgreSQL: several writers and several who sign at once, one chain."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import Engine, func, select, text

from authz.audit import AuditLog, Checkpoints
from store.audit_table import audit_checkpoint
from store.database import open_database, reading
from store.migrate import config, migrate
from tests import postgres
from tests.authz.audits import Held
from vault.signing import new_private_key, signer
from vault.suite import Suite

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if (folder := postgres.binaries()) is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.server(folder) as url:
        opened = open_database(f"postgresql+psycopg{url.removeprefix('postgresql')}/postgres")
        yield opened
        opened.dispose()


def test_a_chain_from_before_is_kept_beside_the_new_one(engine: Engine) -> None:
    command.upgrade(config(engine), "0006")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO audit_record VALUES (1, 'then', 'a', 'b', 'c', '{}', :raw, :raw)"),
            {"raw": bytes(32)},
        )
    migrate(engine)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit_record_0006")) == 1
        assert connection.scalar(text("SELECT count(*) FROM audit_record")) == 0


def test_writers_and_signers_at_once_keep_one_chain_and_every_checkpoint_holds(engine: Engine) -> None:
    log, key = AuditLog(b"k" * 32), signer(Suite.INTL, new_private_key(Suite.INTL))
    held = Held(engine, log, key, Checkpoints(engine, log, key, "taxlink/test/audit"))
    held.append(1)

    def write(number: int) -> None:
        for _ in range(20):
            held.append(7, f"auth_{number}")

    def sign(_: int) -> None:
        for _ in range(10):
            held.checkpoints.make()

    with ThreadPoolExecutor(6) as threads:
        done = [threads.submit(work, number) for number in range(3) for work in (write, sign)]
        for each in done:
            each.result()
    held.checkpoints.make()
    assert held.found() == []
    with reading(engine) as connection:
        assert log.head(connection).seq == 421
        assert (connection.scalar(select(func.max(audit_checkpoint.c.size))) or 0) == 421
