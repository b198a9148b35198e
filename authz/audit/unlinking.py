"""Unlinking: at the end of its term the log forgets what it told of a subject, and everything still verifies.

The records stay, with their commitments; the openings go, salts and all. That they went, and which, is itself
a record.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from authz.audit.log import AuditLog
from store.audit_table import audit_opening
from verifier.chain import UNLINKED_ACTION, spans

SUBJECT = "audit"
"""What the record of an unlinking is about: the log itself."""


def unlink(connection: Connection, log: AuditLog, subject: str, *, actor: str) -> int:
    """Drop every opening of the subject in the caller's transaction; how many. On SQLite they are overwritten
    in the file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    mine = audit_opening.c.subject == subject
    numbers = connection.scalars(select(audit_opening.c.seq).where(mine)).all()
    if numbers:
        told = {"records": spans(numbers)}
        log.append(connection, actor=actor, action=UNLINKED_ACTION, subject=SUBJECT, data=told)
        connection.execute(delete(audit_opening).where(mine))
    return len(numbers)
