"""Checkpoints: signed, cheap to prove from, and never over a log that contradicts the last one."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from authz.audit import checkpoints as module
from authz.audit.tree import StoredTree
from schema.errors import AuditBroken, ClockSetBack
from store.audit_table import audit_checkpoint, audit_opening, audit_record, audit_subtree
from store.database import reading
from tests.authz.audits import Held, held
from vault.suite import Suite
from verifier.digests import DIGESTS
from verifier.merkle import consistent, included, root_of


@pytest.fixture(params=list(Suite))
def log(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Held]:
    found = held(tmp_path, request.param)
    yield found
    found.engine.dispose()


def leaves(log: Held) -> list[bytes]:
    with reading(log.engine) as connection:
        return list(connection.scalars(select(audit_record.c.hash).order_by(audit_record.c.seq)))


def test_a_checkpoint_signs_the_root_of_all_records_in_the_suites_hash(log: Held) -> None:
    log.append(300)
    signed = log.checkpoints.opened(log.checkpoints.make())
    digest = DIGESTS[signed.hash]
    assert (signed.size, signed.root) == (300, root_of(digest, leaves(log)))
    assert signed.hash == ("sm3" if log.signer.suite is Suite.GM else "sha256")
    assert log.found() == []


def test_nothing_new_gives_the_same_checkpoint(log: Held) -> None:
    log.append(3)
    assert log.checkpoints.make() == log.checkpoints.make()


def test_proofs_hold_with_and_without_kept_subtrees(log: Held) -> None:
    log.append(700)
    first = log.checkpoints.opened(log.checkpoints.make())
    log.append(900)
    second = log.checkpoints.opened(log.checkpoints.make())
    digest, held_leaves = DIGESTS[second.hash], leaves(log)
    for kept in (True, False):
        with log.engine.begin() as connection:
            if not kept:
                connection.execute(delete(audit_subtree))
            for seq in (1, 256, 257, 700, 1600):
                path = StoredTree(connection, digest).inclusion(seq, 1600)
                assert included(digest, held_leaves[seq - 1], seq - 1, 1600, path, second.root)
            path = StoredTree(connection, digest).consistency(700, 1600)
            assert consistent(digest, 700, 1600, path, first.root, second.root)
            with pytest.raises(ValueError, match="no such leaf"):
                StoredTree(connection, digest).inclusion(1601, 1600)


def test_a_log_that_contradicts_its_last_checkpoint_is_not_signed(log: Held) -> None:
    log.append(10)
    note = log.checkpoints.make()
    log.append(1)
    with log.engine.begin() as connection:
        connection.execute(update(audit_record).where(audit_record.c.seq == 4).values(hash=bytes(32)))
    with pytest.raises(AuditBroken):
        log.checkpoints.make()
    with reading(log.engine) as connection:
        assert connection.scalars(select(audit_checkpoint.c.note)).all() == [note]


def test_a_log_put_back_to_an_earlier_copy_is_found_by_a_checkpoint_kept_elsewhere(
    log: Held, tmp_path: Path
) -> None:
    log.append(10)
    log.engine.dispose()
    before = (tmp_path / "store.db").read_bytes()
    log.append(5)
    note = log.checkpoints.make()
    log.engine.dispose()
    for file in tmp_path.glob("store.db*"):
        file.unlink()
    (tmp_path / "store.db").write_bytes(before)
    assert log.found() == [], "the copy is whole in itself"
    assert log.found(note) == [("deleted", 11, 15)]
    log.append(5)
    assert log.found(note) == [("root_broken", 1, 15)], "grown again otherwise"


def test_an_altered_checkpoint_and_an_altered_subtree_are_located(log: Held) -> None:
    log.append(600)
    note = log.checkpoints.make()
    with log.engine.begin() as connection:
        connection.execute(update(audit_checkpoint).values(note=note.replace("\n600\n", "\n599\n")))
        lower = audit_subtree.c.position == 1
        connection.execute(update(audit_subtree).where(lower).values(hash=bytes(32)))
    assert log.found() == [("checkpoint_altered", 600, 600), ("subtree_altered", 257, 512)]


def test_a_clock_set_back_signs_nothing_and_says_so(log: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    log.append(1)
    log.checkpoints.make()
    log.append(1)
    monkeypatch.setattr(module, "now", lambda: datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(ClockSetBack):
        log.checkpoints.make()
    monkeypatch.setattr(module, "now", lambda: datetime.now(UTC) - timedelta(seconds=30))
    log.checkpoints.make()
    with reading(log.engine) as connection:
        notes = connection.scalars(select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.size)).all()
    first, second = (log.checkpoints.opened(note) for note in notes)
    assert second.at == first.at, "machines a little apart: the time stands still, and never goes back"


def test_records_of_a_clock_set_back_keep_their_order_and_are_told(log: Held) -> None:
    log.append(3)
    with log.engine.begin() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr("authz.audit.log.datetime", _Yesterday)
        log.log.append(connection, actor="worker", action="x", subject="auth_1", data={})
    log.append(1)
    with reading(log.engine) as connection:
        report = log.log.verify(connection, [log.signer.public_key])
    assert (report.intact, report.clock_back) == (True, (4,))


class _Yesterday(datetime):
    @classmethod
    def now(cls, tz: object = None) -> _Yesterday:
        return cls.fromtimestamp(datetime.now(UTC).timestamp() - 86_400, UTC)


def _dies_while_it_signs(folder: Path) -> None:
    found = held(folder)

    class Dying:
        public_key = found.signer.public_key

        def sign(self, content: bytes) -> bytes:
            os._exit(9)

    found.checkpoints._signer = Dying()
    found.checkpoints.make()


def test_a_crash_in_the_middle_leaves_a_whole_log_and_the_next_checkpoint_holds(tmp_path: Path) -> None:
    log = held(tmp_path)
    log.append(300)
    log.engine.dispose()
    dying = multiprocessing.get_context("fork").Process(target=_dies_while_it_signs, args=(tmp_path,))
    dying.start()
    dying.join(60)
    assert dying.exitcode == 9
    with reading(log.engine) as connection:
        assert connection.execute(select(audit_subtree)).all(), "it died after it had begun"
        assert not connection.execute(select(audit_checkpoint)).all()
    assert log.checkpoints.opened(log.checkpoints.make()).size == 300
    assert log.found() == []


def test_of_two_checkpoints_at_once_one_stays_and_both_processes_hold_it(log: Held) -> None:
    """The other process writes its checkpoint of the same size while ours is being signed."""
    log.append(300)
    first = log.checkpoints.make()
    with log.engine.begin() as connection:
        connection.execute(delete(audit_checkpoint))
    genuine = log.signer

    class Overtaken:
        public_key, suite = genuine.public_key, genuine.suite

        def sign(self, content: bytes) -> bytes:
            with log.engine.begin() as connection:
                connection.execute(insert(audit_checkpoint).values(size=300, note=first))
            return genuine.sign(content)

    log.checkpoints._signer = Overtaken()
    assert log.checkpoints.make() == first
    assert log.found() == []


def test_appends_go_on_while_a_checkpoint_is_signed(log: Held) -> None:
    log.append(5)
    genuine = log.signer

    class Slow:
        public_key, suite = genuine.public_key, genuine.suite

        def sign(self, content: bytes) -> bytes:
            log.append(5)
            return genuine.sign(content)

    log.checkpoints._signer = Slow()
    assert log.checkpoints.opened(log.checkpoints.make()).size == 5
    assert log.found() == []


def test_a_checkpoint_that_was_handed_out_is_never_written_over(log: Held, tmp_path: Path) -> None:
    log.append(7)
    file = log.checkpoints.make_and_hand_out(tmp_path)
    assert (file.name, log.checkpoints.opened(file.read_text()).size) == ("000000000007.txt", 7)
    file.write_text("as it was")
    assert log.checkpoints.make_and_hand_out(tmp_path).read_text() == "as it was"
    assert not list(tmp_path.glob("*.draft"))


def test_a_lost_opening_is_located(log: Held) -> None:
    log.append(6)
    with log.engine.begin() as connection:
        connection.execute(delete(audit_opening).where(audit_opening.c.seq.in_([2, 3, 5])))
    assert log.found() == [("opening_lost", 2, 3), ("opening_lost", 5, 5)]
