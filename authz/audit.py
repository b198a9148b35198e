"""审计日志, the audit log: append-only and hash-chained, written in the transaction of the change that it
records.

A record's hash is SHA-256(previous hash ‖ canonical JSON of the record). The head row holds the last number
and hash under an HMAC of the vault, so that a tail cut off, or a whole chain written anew, is found as well.
What it cannot find is a database put back to an earlier copy, head included: that takes a checkpoint kept
elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from schema.errors import AuditBroken
from store.audit_table import audit_head, audit_record
from vault.redaction import masked

Value = str | int | bool | None | list[str]
"""What audit data may hold: ids, codes and counts."""

_GENESIS = bytes(32)
_CODE = re.compile(r"[A-Za-z0-9_.:/@+-]{0,200}")
_FIRST_HEAD = text(
    "INSERT INTO audit_head (chain, seq, hash, mac) VALUES (0, 0, :hash, :mac) ON CONFLICT DO NOTHING"
)
_ADVANCE_HEAD = (
    update(audit_head)
    .where(audit_head.c.chain == 0)
    .values(seq=audit_head.c.seq + 1)
    .returning(audit_head.c.seq, audit_head.c.hash)
)
_ADD_RECORD = insert(audit_record)
_MOVE_HEAD = update(audit_head).where(audit_head.c.chain == 0)
_FIELDS = ("seq", "at", "actor", "action", "subject", "data", "previous", "hash")
_PAGE = 1000
_MOST_FINDINGS = 100


class Tampering(StrEnum):
    """What a finding says happened."""

    ALTERED = "altered"
    """The record is not what was hashed: a field changed, or it was moved here from another place."""
    UNLINKED = "unlinked"
    """The record does not follow from the one before it: that one was replaced."""
    DELETED = "deleted"
    """Records ``seq`` to ``until`` are gone."""
    HEAD_ALTERED = "head_altered"
    """The head is gone, is not the vault's, or is not the hash of the last record."""


@dataclass(frozen=True)
class Finding:
    """One place where the chain is broken: the record's number, or the first and last that are gone."""

    tampering: Tampering
    seq: int
    until: int


@dataclass(frozen=True)
class AuditReport:
    """The result of a verification: how many records were read, the hash of the last, and at most 100
    findings."""

    records: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not self.findings


class AuditLog:
    """The log of one store. ``key`` is the vault's ``service_key("audit")``."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def append(
        self, connection: Connection, *, actor: str, action: str, subject: str, data: Mapping[str, Value]
    ) -> int:
        """Write one record in the caller's transaction and return its number; it stands or falls with that
        transaction.

        Names and values are ASCII ids and codes (``ValueError`` otherwise); what looks like a person's number
        is masked. The first append of a transaction waits for other writers' transactions to end. Raises
        ``AuditBroken`` when the head of the chain is gone.
        """
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        clean = {_code(name): _clean(value) for name, value in data.items()}
        content = json.dumps(clean, sort_keys=True, separators=(",", ":"))
        names = (_code(actor), _code(action), _code(subject))
        seq, previous = self._next(connection)
        digest = _digest(previous, seq, at, *names, content)
        row = dict(zip(_FIELDS, (seq, at, *names, content, previous, digest), strict=True))
        connection.execute(_ADD_RECORD, row)
        connection.execute(_MOVE_HEAD, {"hash": digest, "mac": self._mac(seq, digest)})
        return seq

    def verify(self, connection: Connection) -> AuditReport:
        """Read the whole chain, in constant memory, and locate every alteration.

        Appends may go on meanwhile.
        """
        newest = connection.execute(select(func.max(audit_record.c.seq))).scalar() or 0
        head = connection.execute(select(audit_head)).one_or_none()  # after ``newest``, so never behind it
        findings: list[Finding] = []
        count, last, digest, altered = 0, 0, _GENESIS, False
        for row in _rows(connection, max(newest, head.seq if head else 0)):
            count += 1
            found = _checked(row, last, None if altered else digest)
            findings += found[: _MOST_FINDINGS - len(findings)]
            altered = any(finding.tampering is Tampering.ALTERED for finding in found)
            last, digest = row.seq, row.hash
        findings += self._checked_head(head, last, digest)
        return AuditReport(count, digest.hex(), tuple(findings))

    def _next(self, connection: Connection) -> tuple[int, bytes]:
        """The next number and the last hash. The update locks the head until the transaction ends."""
        row = connection.execute(_ADVANCE_HEAD).one_or_none()
        if row is None:
            self._start(connection)
            row = connection.execute(_ADVANCE_HEAD).one()
        return row.seq, row.hash

    def _start(self, connection: Connection) -> None:
        """Make the head of an empty chain, unless another process was first."""
        values = {"hash": _GENESIS, "mac": self._mac(0, _GENESIS)}
        made = connection.execute(_FIRST_HEAD, values).rowcount
        if made and connection.execute(select(audit_record.c.seq).limit(1)).first():
            raise AuditBroken("the head of the audit log is gone")

    def _checked_head(self, head: Row[Any] | None, last: int, digest: bytes) -> list[Finding]:
        if head is None:
            return [Finding(Tampering.HEAD_ALTERED, last, last)] if last else []
        if not hmac.compare_digest(self._mac(head.seq, head.hash), head.mac):
            return [Finding(Tampering.HEAD_ALTERED, head.seq, head.seq)]
        if head.seq > last:
            return [Finding(Tampering.DELETED, last + 1, head.seq)]
        if head.hash != digest:
            return [Finding(Tampering.HEAD_ALTERED, last, last)]
        return []

    def _mac(self, seq: int, digest: bytes) -> bytes:
        return hmac.digest(self._key, b"audit head" + seq.to_bytes(8, "big") + digest, "sha256")


def _rows(connection: Connection, until: int) -> Iterator[Row[Any]]:
    column = audit_record.c.seq
    last: int | None = None
    while True:
        later = column <= until if last is None else (column > last) & (column <= until)
        page = connection.execute(select(audit_record).where(later).order_by(column).limit(_PAGE)).all()
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1].seq


def _checked(row: Row[Any], last: int, previous: bytes | None) -> list[Finding]:
    """``previous`` is the last record's hash, None when that record was already found altered."""
    found = []
    if row.seq > last + 1:
        found.append(Finding(Tampering.DELETED, last + 1, row.seq - 1))
    if row.hash != _digest(row.previous, row.seq, row.at, row.actor, row.action, row.subject, row.data):
        found.append(Finding(Tampering.ALTERED, row.seq, row.seq))
    elif row.seq == last + 1 and previous is not None and row.previous != previous:
        found.append(Finding(Tampering.UNLINKED, row.seq, row.seq))
    return found


def _digest(previous: bytes, seq: int, at: str, actor: str, action: str, subject: str, data: str) -> bytes:
    record = {"action": action, "actor": actor, "at": at, "data": data, "seq": seq, "subject": subject}
    content = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + content.encode()).digest()


def _clean(value: Value) -> Value:
    if isinstance(value, str):
        return _code(value)
    if isinstance(value, list):
        return [_code(item) for item in value]
    if value is None or isinstance(value, int):
        return value
    raise ValueError("audit data holds ids, codes and counts only")


def _code(name: str) -> str:
    """The name when it is an id or a code, masked where it looks like a person's number.

    Raises ``ValueError``.
    """
    if not _CODE.fullmatch(name):
        raise ValueError("audit data holds ids, codes and counts only")
    return masked(name)
