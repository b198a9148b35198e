"""Checkpoints: what the log is at this moment, signed with the tenant's key for it.

A checkpoint is one row, written at its end: a crash on the way leaves some subtree roots, which are right, or
nothing. Of two processes at once both sign what they see; for one size the first row stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from authz.audit import reading, tree
from authz.audit.log import AuditLog
from authz.audit.tree import StoredTree
from schema.errors import AuditBroken, ClockSetBack
from store.audit_table import audit_checkpoint
from store.database import insert_once, now
from store.database import reading as reading_of
from vault.signing import Signer
from verifier import notes
from verifier.digests import DIGESTS
from verifier.notes import BadCheckpoint, Checkpoint

_SKEW = timedelta(minutes=2)
"""How far the clocks of two machines may be apart before one of them is taken for set back."""


class Checkpoints:
    """The checkpoints of one log. ``signer`` is the vault's for ``audit``; ``origin`` names the log."""

    def __init__(self, engine: Engine, log: AuditLog, signer: Signer, origin: str) -> None:
        self._engine, self._log, self._signer, self._origin = engine, log, signer, origin

    @property
    def public_key(self) -> str:
        """PEM. Whoever holds it from elsewhere need not trust an export for it."""
        return self._signer.public_key

    def newest(self, covering: int | None = None) -> Checkpoint | None:
        """The largest, or the smallest over at least ``covering`` records. Raises ``AuditBroken`` when it is
        not what was signed."""
        note = self.newest_note(covering)
        return None if note is None else self.opened(note)

    def newest_note(self, covering: int | None = None) -> str | None:
        """The same as it is written."""
        with reading_of(self._engine) as connection:
            return reading.newest_checkpoint(connection, covering)

    def opened(self, note: str) -> Checkpoint:
        """Raises ``AuditBroken`` for a note that this log did not sign."""
        try:
            return notes.opened(note, [self.public_key])
        except BadCheckpoint as error:
            raise AuditBroken(f"a checkpoint was altered: {error}") from None

    def make(self) -> str:
        """Sign the log as it is now; the note. Where nothing came since the last one, that one is returned.

        Nothing is signed, and ``AuditBroken`` raised, when the log is not what its head or its last
        checkpoint says; or ``ClockSetBack``, when the clock stands before the last checkpoint.
        """
        with reading_of(self._engine) as connection:
            head = self._log.head(connection)
            held = StoredTree(connection, DIGESTS[head.digest])
            made = list(held.extend(head.seq))
            last = self._agreeing(connection, held, head.seq)
            if last is not None and last[0].size == head.seq:
                return last[1]
            root = held.root(head.seq)
        self._keep(made)
        at = _not_before(now().replace(microsecond=0), None if last is None else last[0].at)
        checkpoint = Checkpoint(self._origin, head.seq, root, head.digest, at)
        signature = self._signer.sign(checkpoint.text().encode())
        note = notes.signed(checkpoint, self.public_key, signature)
        table = audit_checkpoint
        with self._engine.begin() as connection:
            insert_once(connection, table, size=head.seq, note=note)
            kept: str = connection.scalars(select(table.c.note).where(table.c.size == head.seq)).one()
        return kept

    def make_and_hand_out(self, folder: Path) -> Path:
        """``make``, and a copy in a folder out of reach of whoever can change the store; the file. One that
        is there stays as it is. Raises as ``make``, ``OSError``."""
        note = self.make()
        path = folder / f"{self.opened(note).size:012d}.txt"
        if not path.exists():
            draft = path.with_suffix(".draft")
            draft.write_text(note, encoding="utf-8")
            draft.replace(path)
        return path

    def _agreeing(self, connection: Connection, held: StoredTree, size: int) -> tuple[Checkpoint, str] | None:
        """The last checkpoint and its note, when the records are still those that it signed."""
        note = reading.newest_checkpoint(connection)
        if note is None:
            return None
        last = self.opened(note)
        if last.size > size or held.root(last.size) != last.root:
            raise AuditBroken(f"the first {last.size} records are not those of the last checkpoint")
        return last, note

    def _keep(self, made: list[tree.Subtree]) -> None:
        if made:
            with self._engine.begin() as connection:
                tree.keep(connection, made)


def _not_before(at: datetime, last: datetime | None) -> datetime:
    """The time of a checkpoint: never before the last one's."""
    if last is None or at >= last:
        return at
    if last - at > _SKEW:
        raise ClockSetBack(f"the last checkpoint is of {last.isoformat()}")
    return last
