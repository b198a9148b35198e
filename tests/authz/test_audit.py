"""What the audit log promises: one chain, and every tampering found and located."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, update

from authz.audit import AuditLog, AuditReport, Finding, Tampering, Value
from schema.errors import AuditBroken
from store.audit_table import audit_checkpoint, audit_head, audit_opening, audit_record, audit_subtree
from store.database import open_database
from store.metadata import metadata

KEY = b"k" * 32
LOG = AuditLog(KEY)
position = audit_record.c.seq
TABLES = [audit_record, audit_opening, audit_head, audit_subtree, audit_checkpoint]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    metadata.create_all(opened, tables=TABLES)
    yield opened
    opened.dispose()


@pytest.fixture
def chain(engine: Engine) -> Engine:
    """A store with ten records."""
    with engine.begin() as connection:
        for number in range(10):
            _append(connection, number)
    return engine


def _append(connection: Connection, number: int) -> int:
    data: dict[str, Value] = {"to_state": "working", "attempt": number}
    return LOG.append(
        connection, actor="worker", action="authorization.moved", subject=f"auth_{number}", data=data
    )


def _verify(engine: Engine) -> AuditReport:
    with engine.connect() as connection:
        return LOG.verify(connection)


def _found(engine: Engine) -> list[tuple[Tampering, int, int]]:
    return [(finding.tampering, finding.seq, finding.until) for finding in _verify(engine).findings]


def test_an_untouched_chain_is_intact(chain: Engine) -> None:
    report = _verify(chain)
    assert report.intact
    assert report.records == 10
    with chain.connect() as connection:
        assert report.head == connection.execute(select(audit_head.c.hash)).scalar_one().hex()


def test_an_empty_log_is_intact(engine: Engine) -> None:
    assert _verify(engine) == AuditReport(0, bytes(32).hex(), ())


def test_a_record_stands_or_falls_with_the_change_it_records(chain: Engine) -> None:
    with chain.connect() as connection, connection.begin() as transaction:
        _append(connection, 11)
        transaction.rollback()
    with chain.begin() as connection:
        assert _append(connection, 12) == 11
    assert _verify(chain).intact


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2020-01-01T00:00:00+00:00"),
        ("actor", "somebody"),
        ("action", "nothing"),
        ("commitment", bytes(32)),
        ("previous", bytes(32)),
        ("hash", bytes(32)),
    ],
)
def test_an_altered_field_is_located(chain: Engine, column: str, value: object) -> None:
    with chain.begin() as connection:
        connection.execute(update(audit_record).where(position == 5).values({column: value}))
    assert (Tampering.ALTERED, 5, 5) in _found(chain)


def test_a_record_replaced_with_a_consistent_one_is_located_by_its_follower(
    chain: Engine, tmp_path: Path
) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    metadata.create_all(other, tables=TABLES)
    with other.begin() as connection:
        for number in range(10):
            _append(connection, number + 100)
        forged = {
            table: dict(connection.execute(select(table).where(table.c.seq == 1)).mappings().one())
            for table in (audit_record, audit_opening)
        }
    other.dispose()
    with chain.begin() as connection:
        for table, row in forged.items():
            connection.execute(update(table).where(table.c.seq == 1).values(row))
    assert _found(chain) == [(Tampering.UNLINKED, 2, 2)]


def test_deleted_records_are_located(chain: Engine) -> None:
    with chain.begin() as connection:
        connection.execute(delete(audit_record).where(position.in_([1, 4, 5])))
    assert _found(chain) == [(Tampering.DELETED, 1, 1), (Tampering.DELETED, 4, 5)]


def test_a_cut_tail_is_located(chain: Engine) -> None:
    with chain.begin() as connection:
        connection.execute(delete(audit_record).where(position > 7))
    assert _found(chain) == [(Tampering.DELETED, 8, 10)]


def test_deleting_everything_is_noticed(chain: Engine) -> None:
    with chain.begin() as connection:
        connection.execute(delete(audit_record))
    assert _found(chain) == [(Tampering.DELETED, 1, 10)]


def test_reordered_records_are_located(chain: Engine) -> None:
    with chain.begin() as connection:
        for old, new in ((3, -1), (6, 3), (-1, 6)):
            connection.execute(update(audit_record).where(position == old).values(seq=new))
    assert _found(chain) == [(Tampering.ALTERED, 3, 3), (Tampering.ALTERED, 6, 6)]


def test_closing_the_gap_after_a_deletion_does_not_hide_it(chain: Engine) -> None:
    with chain.begin() as connection:
        connection.execute(delete(audit_record).where(position == 4))
        for seq in range(5, 11):
            connection.execute(update(audit_record).where(position == seq).values(seq=seq - 1))
    found = _found(chain)
    assert (Tampering.ALTERED, 4, 4) in found
    assert (Tampering.DELETED, 10, 10) in found


def test_a_forged_record_at_the_end_is_located(chain: Engine) -> None:
    with chain.begin() as connection:
        last = dict(connection.execute(select(audit_record).where(position == 10)).mappings().one())
        connection.execute(insert(audit_record).values({**last, "seq": 11}))
    found = _found(chain)
    assert (Tampering.ALTERED, 11, 11) in found


def test_an_insider_without_the_key_cannot_rewrite_the_chain(chain: Engine) -> None:
    insider = AuditLog(b"guess" * 8)
    with chain.begin() as connection:
        for table in (audit_record, audit_opening, audit_head):
            connection.execute(delete(table))
        for number in range(10):
            insider.append(connection, actor="worker", action="nothing", subject=f"auth_{number}", data={})
    assert _found(chain) == [(Tampering.HEAD_ALTERED, 10, 10)]


def test_an_older_head_over_a_longer_chain_is_noticed(chain: Engine) -> None:
    with chain.begin() as connection:
        old = dict(connection.execute(select(audit_head)).mappings().one())
        _append(connection, 11)
        connection.execute(update(audit_head).values(old))
    assert _found(chain) == [(Tampering.HEAD_ALTERED, 11, 11)]


def test_a_lost_head_is_noticed_and_never_started_anew(chain: Engine) -> None:
    with chain.begin() as connection:
        connection.execute(delete(audit_head))
    assert _found(chain) == [(Tampering.HEAD_ALTERED, 10, 10)]
    with pytest.raises(AuditBroken), chain.begin() as connection:
        _append(connection, 11)
    with chain.connect() as connection:
        assert connection.execute(select(audit_head)).first() is None


def test_findings_are_bounded(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(300):
            _append(connection, number)
        connection.execute(update(audit_record).values(actor="somebody"))
    report = _verify(engine)
    assert report.records == 300
    assert report.findings[0] == Finding(1, 1, Tampering.ALTERED)
    assert len(report.findings) == 100


@pytest.mark.parametrize("value", ["a sentence", "某某公司", "x" * 300, 1.5, {"a": "b"}, b"bytes", ["a b"]])
def test_data_are_ids_and_codes_only(engine: Engine, value: object) -> None:
    with engine.begin() as connection, pytest.raises(ValueError, match="ids, codes and counts"):
        LOG.append(connection, actor="worker", action="x", subject="y", data={"z": value})  # type: ignore[dict-item]


def test_what_looks_like_a_persons_number_is_masked(engine: Engine) -> None:
    with engine.begin() as connection:
        LOG.append(
            connection,
            actor="borrower:13812345678",
            action="x",
            subject="91210200MA0XQ1RK4Y",
            data={"account": "6222021234567890123"},
        )
        row = connection.execute(select(audit_record)).one(), connection.execute(select(audit_opening)).one()
    for number in ("13812345678", "91210200MA0XQ1RK4Y", "6222021234567890123"):
        assert number not in str(row)


def test_concurrent_writers_keep_one_chain(engine: Engine, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from authz.audit import AuditLog\n"
        "from store.database import open_database\n"
        "engine, log = open_database(sys.argv[1]), AuditLog(b'k' * 32)\n"
        "print('open', flush=True)\n"
        "sys.stdin.readline()\n"
        "for number in range(50):\n"
        "    with engine.begin() as connection:\n"
        "        log.append(connection, actor='w', action='x', subject=sys.argv[2], data={'n': number})\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, f"sqlite:///{tmp_path / 'store.db'}", f"writer_{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "open\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert _verify(engine).intact
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    report = _verify(engine)
    assert report.intact
    assert report.records == 200
