"""The log: records are written in the transaction of the change that they record, and read back to verify
them.

What a record looks like and how a chain is checked is told in ``verifier.chain``, which travels with every
export. The head row holds the last number and hash under an HMAC of the vault, so that a tail cut off, or a
whole chain written anew, is found as well. What the head cannot find is a database put back to an earlier
copy, head included: that takes a checkpoint kept elsewhere.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from authz.audit import reading
from schema.errors import AuditBroken
from store.audit_table import audit_head, audit_opening, audit_record, audit_subtree
from vault.redaction import masked
from verifier import notes
from verifier.chain import GENESIS, Chain, Finding, Opening, Record, Tampering, commitment, entry
from verifier.digests import DIGESTS, canonical
from verifier.merkle import leaf_hash

Value = str | int | bool | None | list[str]
"""What audit data may hold: ids, codes and counts."""

_CODE = re.compile(r"[A-Za-z0-9_.:/@+-]{0,200}")
_FIRST_HEAD = text(
    "INSERT INTO audit_head (chain, digest, seq, hash, mac) VALUES (0, :digest, 0, :hash, :mac) "
    "ON CONFLICT DO NOTHING"
)
_LOCK_HEAD = (
    select(audit_head.c.digest, audit_head.c.seq, audit_head.c.hash)
    .where(audit_head.c.chain == 0)
    .with_for_update()
)
_MOVE_HEAD = update(audit_head).where(audit_head.c.chain == 0)
_ADD_RECORDS, _ADD_OPENINGS = insert(audit_record), insert(audit_opening)
_SALT_BYTES = 32


@dataclass(frozen=True)
class Entry:
    """What is to be recorded: who did what to which subject. Names and values are ASCII ids and codes."""

    actor: str
    action: str
    subject: str
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """Where the chain ends."""

    digest: str
    seq: int
    hash: bytes


@dataclass(frozen=True)
class AuditReport:
    """The result of a verification: how many records were read, the hash of the last, at most 100 findings,
    and the records that are dated before their predecessors (a clock was set back)."""

    records: int
    head: str
    findings: tuple[Finding, ...]
    clock_back: tuple[int, ...] = ()

    @property
    def intact(self) -> bool:
        return not self.findings


class AuditLog:
    """The log of one store. ``key`` is the vault's ``service_key("audit")``; ``digest`` names the hash of a
    chain that begins here: one that exists keeps its own."""

    def __init__(self, key: bytes, digest: str = "sha256") -> None:
        self._key, self._digest_of_new = key, digest

    def append(
        self, connection: Connection, *, actor: str, action: str, subject: str, data: Mapping[str, Value]
    ) -> int:
        """Write one record in the caller's transaction and return its number; as ``append_many``."""
        return self.append_many(connection, [Entry(actor, action, subject, data)])[0]

    def append_many(self, connection: Connection, entries: Sequence[Entry]) -> range:
        """Write the records in the caller's transaction, with which they stand or fall; their numbers.

        ``ValueError`` for what is no id or code; what looks like a person's number is masked. The first
        append of a transaction waits for other writers' transactions to end. Raises ``AuditBroken`` when the
        head of the chain is gone.
        """
        told = [
            (
                _code(each.actor),
                _code(each.action),
                Opening(_code(each.subject), _content(each.data), os.urandom(_SALT_BYTES)),
            )
            for each in entries
        ]
        head = self._locked(connection)
        digest, seq, previous = DIGESTS[head.digest], head.seq, head.hash
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        records, openings = [], []
        for actor, action, opening in told:
            seq += 1
            committed = commitment(digest, opening)
            hashed = leaf_hash(digest, entry(seq, at, actor, action, committed, previous))
            records.append(Record(seq, at, actor, action, committed, previous, hashed)._asdict())
            openings.append({"seq": seq, **opening._asdict()})
            previous = hashed
        if records:
            connection.execute(_ADD_RECORDS, records)
            connection.execute(_ADD_OPENINGS, openings)
        moved = {"seq": seq, "hash": previous, "mac": self._mac(head.digest, seq, previous)}
        connection.execute(_MOVE_HEAD, moved)
        return range(head.seq + 1, seq + 1)

    def head(self, connection: Connection) -> Head:
        """Where the chain ends; of an empty log, before its beginning. Raises ``AuditBroken`` when that is
        not what the vault wrote."""
        row = connection.execute(select(audit_head)).one_or_none()
        if row is None:
            return Head(self._digest_of_new, 0, GENESIS)
        if not self._is_ours(row):
            raise AuditBroken("the head of the audit log was altered")
        return Head(row.digest, row.seq, row.hash)

    def verify(
        self, connection: Connection, public_keys: Sequence[str] = (), kept: Sequence[str] = ()
    ) -> AuditReport:
        """Read the whole chain, in little memory, and locate every alteration; hold it against the signed
        checkpoints of the store and those ``kept`` elsewhere. ``public_keys`` (PEM) are the log's own.

        Appends may go on meanwhile.
        """
        newest = connection.execute(select(func.max(audit_record.c.seq))).scalar() or 0
        head = connection.execute(select(audit_head)).one_or_none()  # after ``newest``, so never behind it
        signed, findings = _checkpoints(connection, public_keys, kept)
        chain = Chain(
            head.digest if head is not None and head.digest in DIGESTS else self._digest_of_new,
            signed,
            subtrees=dict(_subtrees(connection)),
        )
        for record, opening in reading.records(connection, max(newest, head.seq if head else 0)):
            chain.add(record, opening)
        findings += [*chain.finish(), *self._checked_head(head, chain)]
        return AuditReport(
            chain.count, chain.head.hex(), tuple(dict.fromkeys(findings))[:100], tuple(chain.clock_back)
        )

    def _locked(self, connection: Connection) -> Head:
        """The head, nobody else's until the transaction ends. On SQLite a writing transaction of the store
        holds the lock from its start."""
        row = connection.execute(_LOCK_HEAD).one_or_none()
        if row is None:
            self._start(connection)
            row = connection.execute(_LOCK_HEAD).one()
        return Head(row.digest, row.seq, row.hash)

    def _start(self, connection: Connection) -> None:
        """Make the head of an empty chain, unless another process was first."""
        digest = self._digest_of_new
        values = {"digest": digest, "hash": GENESIS, "mac": self._mac(digest, 0, GENESIS)}
        made = connection.execute(_FIRST_HEAD, values).rowcount
        if made and connection.execute(select(audit_record.c.seq).limit(1)).first():
            raise AuditBroken("the head of the audit log is gone")

    def _checked_head(self, head: Row[Any] | None, chain: Chain) -> list[Finding]:
        last = chain.last
        if head is None:
            return [Finding(last, last, Tampering.HEAD_ALTERED)] if last else []
        if not self._is_ours(head):
            return [Finding(head.seq, head.seq, Tampering.HEAD_ALTERED)]
        if head.seq > last:
            return [Finding(last + 1, head.seq, Tampering.DELETED)]
        if head.hash != chain.head:
            return [Finding(last, last, Tampering.HEAD_ALTERED)]
        return []

    def _is_ours(self, head: Row[Any]) -> bool:
        return hmac.compare_digest(self._mac(head.digest, head.seq, head.hash), head.mac)

    def _mac(self, digest: str, seq: int, hashed: bytes) -> bytes:
        place = b"audit head" + digest.encode() + seq.to_bytes(8, "big")
        return hmac.digest(self._key, place + hashed, "sha256")


def _checkpoints(
    connection: Connection, public_keys: Sequence[str], kept: Sequence[str]
) -> tuple[list[notes.Checkpoint], list[Finding]]:
    """The checkpoints whose signatures hold, and the sizes of those of the store where they do not. Raises
    ``BadCheckpoint`` for one kept elsewhere."""
    signed, findings = [notes.opened(note, public_keys) for note in kept], []
    for size, note in reading.checkpoints(connection):
        try:
            signed.append(notes.opened(note, public_keys))
        except notes.BadCheckpoint:
            findings.append(Finding(size, size, Tampering.CHECKPOINT_ALTERED))
    return signed, findings


def _subtrees(connection: Connection) -> Iterator[tuple[tuple[int, int], bytes]]:
    for height, index, hashed in connection.execute(select(audit_subtree)):
        yield (height, index), hashed


def _content(data: Mapping[str, Value]) -> str:
    return canonical({_code(name): _clean(value) for name, value in data.items()}).decode()


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
