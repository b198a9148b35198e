"""A log with a key of its own, for the tests of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from authz.audit import AuditLog, Checkpoints, Entry, export
from store.audit_table import audit_checkpoint, audit_head, audit_opening, audit_record, audit_subtree
from store.database import open_database, reading
from store.metadata import metadata
from vault.signing import Signer, new_private_key, signer
from vault.suite import Suite

TABLES = [audit_record, audit_opening, audit_head, audit_subtree, audit_checkpoint]
DIGEST = {Suite.INTL: "sha256", Suite.GM: "sm3"}


@dataclass
class Held:
    """A store with nothing but a log."""

    engine: Engine
    log: AuditLog
    signer: Signer
    checkpoints: Checkpoints

    def append(self, count: int, subject: str = "auth_1") -> range:
        entries = [Entry("worker", "authorization.moved", subject, {"attempt": n}) for n in range(count)]
        with self.engine.begin() as connection:
            return self.log.append_many(connection, entries)

    def found(self, *kept: str) -> list[tuple[str, int, int]]:
        with reading(self.engine) as connection:
            report = self.log.verify(connection, [self.signer.public_key], kept)
        return [(each.tampering.value, each.seq, each.until) for each in report.findings]

    def export(self, folder: Path, *, openings: bool = True) -> Path:
        size = self.checkpoints.opened(self.checkpoints.make()).size
        with reading(self.engine) as connection:
            lines = export.lines(connection, size, openings=openings)
            export.written(connection, folder, self.signer.public_key, lines)
        return folder


def held(folder: Path, suite: Suite = Suite.INTL) -> Held:
    engine = open_database(f"sqlite:///{folder / 'store.db'}")
    metadata.create_all(engine, tables=TABLES)
    log, key = AuditLog(b"k" * 32, DIGEST[suite]), signer(suite, new_private_key(suite))
    return Held(engine, log, key, Checkpoints(engine, log, key, "taxlink/test/audit"))
