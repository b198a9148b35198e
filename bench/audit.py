"""The audit log: records appended in batches on SQLite, then a million verified, signed and proved.

There is no peer here: the promises are absolute, so the figures are of the machine that is named with them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from authz.audit import AuditLog, Checkpoints, Entry, Value
from authz.audit.tree import StoredTree
from bench.figures import Figure
from store.audit_table import audit_checkpoint, audit_head, audit_opening, audit_record, audit_subtree
from store.database import open_database, reading
from store.metadata import metadata
from vault.signing import new_private_key, signer
from vault.suite import Suite
from verifier.digests import DIGESTS

_RECORDS, _QUICK = 1_000_000, 5_000
_BATCH = 500
_PROOFS = 50
_TABLES = [audit_record, audit_opening, audit_head, audit_subtree, audit_checkpoint]


def run(*, quick: bool = False) -> list[Figure]:
    """Each suite with its own hash and signature."""
    count = _QUICK if quick else _RECORDS
    return [figure for suite in Suite for figure in _of(suite, count)]


def _of(suite: Suite, count: int) -> list[Figure]:
    digest = "sm3" if suite is Suite.GM else "sha256"
    with tempfile.TemporaryDirectory(prefix="taxlink-audit-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'store.db'}")
        metadata.create_all(engine, tables=_TABLES)
        log, key = AuditLog(b"k" * 32, digest), signer(suite, new_private_key(suite))
        checkpoints = Checkpoints(engine, log, key, "taxlink/bench/audit")

        def append() -> None:
            for start in range(0, count, _BATCH):
                entries = [_entry(number) for number in range(start, start + _BATCH)]
                with engine.begin() as connection:
                    log.append_many(connection, entries)

        def verify() -> None:
            with reading(engine) as connection:
                report = log.verify(connection, [key.public_key])
            assert (report.records, report.intact) == (count, True), report

        appending = _seconds(append)
        signing = _seconds(checkpoints.make)
        verifying = _seconds(verify)
        proving = []
        for number in range(_PROOFS):
            with reading(engine) as connection:
                seq = 1 + number * count // _PROOFS
                tree = StoredTree(connection, DIGESTS[digest])
                proving.append(_seconds(partial(tree.inclusion, seq, count)))
        engine.dispose()
    rate, behind = count / appending, f"{count:,} records, batches of {_BATCH}"
    proof = statistics.median(proving) * 1000
    return [
        Figure(f"append, {digest}", rate, "/s", "at least 5,000/s", rate >= 5000, behind),
        Figure(
            f"verify, {digest}", verifying, " s", "a million under 30 s", verifying < 30, f"{count:,} records"
        ),
        Figure(
            f"first checkpoint, {digest}", signing, " s", "none", None, f"{count:,} records, no subtree kept"
        ),
        Figure(f"inclusion proof, {digest}", proof, " ms", "none", None, f"median of {_PROOFS}"),
    ]


def _entry(number: int) -> Entry:
    data: dict[str, Value] = {"from": "working", "to": "granted", "run": 1}
    return Entry("worker", "authorization.moved", f"auth_{number // 40:032x}", data)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
