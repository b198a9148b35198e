"""The chain of records, read from the first to the last in little memory: every tampering found and located.

A record is ``seq, at, actor, action, commitment, previous``; its hash is the RFC 9162 leaf hash of that as
canonical JSON, and the ``previous`` of the next one. So the chain and the Merkle tree are over the same
hashes. What a record is about (subject and data) stands apart as its *opening*; the record holds a salted
commitment to it. Without the salt nobody can tell what the record was about, and all proofs still hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from verifier.digests import DIGESTS, Digest, canonical
from verifier.merkle import Frontier, leaf_hash
from verifier.notes import Checkpoint

GENESIS = bytes(32)
"""The ``previous`` of the first record."""
UNLINKED_ACTION = "audit.unlinked"
"""The record that says which openings were lawfully dropped: its data hold ``records``, ranges of numbers."""
MOST_FINDINGS = 100
_SKEW = timedelta(minutes=1)
"""How far the clocks of the bank's machines may be apart."""


class Tampering(StrEnum):
    """What a finding says happened."""

    ALTERED = "altered"
    """The record is not what was hashed: a field changed, or it was moved here from another place."""
    UNLINKED = "unlinked"
    """The record does not follow from the one before it: that one was replaced."""
    DELETED = "deleted"
    """Records ``seq`` to ``until`` are gone."""
    MISPLACED = "misplaced"
    """The record stands after one with a higher number, or twice."""
    OPENING_ALTERED = "opening_altered"
    """What is told of the record's subject and data is not what the record commits to."""
    OPENING_LOST = "opening_lost"
    """What these records were about is gone, and no record says that it was dropped."""
    ROOT_BROKEN = "root_broken"
    """Records ``seq`` to ``until`` are not those that the checkpoint over ``until`` records signed."""
    HEAD_ALTERED = "head_altered"
    """The head is gone, is not the vault's, or is not the hash of the last record."""
    SUBTREE_ALTERED = "subtree_altered"
    """The root that is kept of the records ``seq`` to ``until`` is not theirs."""
    CHECKPOINT_ALTERED = "checkpoint_altered"
    """The checkpoint over ``seq`` records is not what was signed, or not by this log's key."""


@dataclass(frozen=True, order=True)
class Finding:
    """One place where the log is broken: the record's number, or the first and last of several."""

    seq: int
    until: int
    tampering: Tampering


class Record(NamedTuple):
    """One record as it is held."""

    seq: int
    at: str
    actor: str
    action: str
    commitment: bytes
    previous: bytes
    hash: bytes


class Opening(NamedTuple):
    """What a record commits to. ``data`` is canonical JSON."""

    subject: str
    data: str
    salt: bytes


def entry(seq: int, at: str, actor: str, action: str, commitment: bytes, previous: bytes) -> bytes:
    """What is hashed of a record."""
    return canonical(
        {
            "action": action,
            "actor": actor,
            "at": at,
            "commitment": commitment.hex(),
            "previous": previous.hex(),
            "seq": seq,
        }
    )


def commitment(digest: Digest, opening: Opening) -> bytes:
    """The salted commitment; its first byte keeps it apart from leaves (0) and nodes (1)."""
    return digest(b"\x02" + opening.salt + canonical([opening.subject, opening.data]))


class Chain:
    """Takes the records in their order.

    ``checkpoints`` are those whose signatures were checked, ``subtrees`` the roots that are kept by (height,
    index). Without ``openings`` it is not asked what the records are about.
    """

    def __init__(
        self,
        hash: str,
        checkpoints: Iterable[Checkpoint] = (),
        *,
        openings: bool = True,
        subtrees: Mapping[tuple[int, int], bytes] | None = None,
    ) -> None:
        self._digest = DIGESTS[hash]
        self._subtrees = subtrees or {}
        self._due = sorted((each for each in checkpoints if each.size), key=lambda each: -each.size)
        self._openings = openings
        self._findings: list[Finding] = []
        self._gaps: list[range] = []
        self._tree: Frontier | None = Frontier(self._digest, self._met if self._subtrees else None)
        self._sound = 0
        self._unopened: list[range] = []
        self._dropped: list[range] = []
        self._altered = False
        self.count, self.last, self.head = 0, 0, GENESIS
        self.clock_back: list[int] = []
        """Numbers of records that are dated before their predecessors: a clock was set back. The order of the
        records is by their numbers, so this alone is no tampering."""
        self._at = ""

    def add(self, record: Record, opening: Opening | None = None) -> None:
        """The next record."""
        self.count += 1
        digest = self._digest
        hashed = leaf_hash(digest, entry(*record[:6]))
        altered = hashed != record.hash
        if altered:
            self._found(Tampering.ALTERED, record.seq)
        if record.seq <= self.last:
            self._misplaced(record.seq)
            return
        if record.seq > self.last + 1:
            self._gaps.append(range(self.last + 1, record.seq))
            self._tree = None
        elif not altered and not self._altered and record.previous != self.head:
            self._found(Tampering.UNLINKED, record.seq)
        if record.at < self._at and _went_back(self._at, record.at) and len(self.clock_back) < MOST_FINDINGS:
            self.clock_back.append(record.seq)
        self.last, self.head, self._at, self._altered = record.seq, record.hash, record.at, altered
        self._grow(record)
        if self._openings and not altered:
            self._open(record, opening)

    def finish(self, size: int | None = None) -> tuple[Finding, ...]:
        """All findings by their places, at most 100. ``size`` is how many records there must be."""
        for checkpoint in self._due:
            size = max(size or 0, checkpoint.size)
        if size is not None and size > self.last:
            self._gaps.append(range(self.last + 1, size + 1))
        for gap in self._gaps:
            self._found(Tampering.DELETED, gap[0], gap[-1])
        for lost in _without(self._unopened, self._dropped):
            self._found(Tampering.OPENING_LOST, lost[0], lost[-1])
        return tuple(sorted(self._findings)[:MOST_FINDINGS])

    def _grow(self, record: Record) -> None:
        if self._tree is None:
            while self._due and self._due[-1].size <= record.seq:
                self._due.pop()
            return
        self._tree.add(record.hash)
        while self._due and self._due[-1].size == record.seq:
            if self._due.pop().root != self._tree.root():
                self._found(Tampering.ROOT_BROKEN, self._sound + 1, record.seq)
                self._tree = None  # every later root differs too, and says nothing more
                return
            self._sound = record.seq

    def _met(self, height: int, index: int, root: bytes) -> None:
        if self._subtrees.get((height, index), root) != root:
            self._found(Tampering.SUBTREE_ALTERED, (index << height) + 1, (index + 1) << height)

    def _open(self, record: Record, opening: Opening | None) -> None:
        if opening is None:
            _extend(self._unopened, record.seq)
        elif commitment(self._digest, opening) != record.commitment:
            self._found(Tampering.OPENING_ALTERED, record.seq)
        elif record.action == UNLINKED_ACTION:
            self._dropped += dropped(opening.data)

    def _misplaced(self, seq: int) -> None:
        self._found(Tampering.MISPLACED, seq)
        self._gaps = [
            part
            for gap in self._gaps
            for part in ((range(gap[0], seq), range(seq + 1, gap[-1] + 1)) if seq in gap else (gap,))
            if part
        ]

    def _found(self, tampering: Tampering, seq: int, until: int | None = None) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(seq, until or seq, tampering))


def dropped(data: str) -> list[range]:
    """The ranges of numbers that a record of ``audit.unlinked`` names."""
    told: Mapping[str, Any] = json.loads(data)
    ranges = []
    for each in told.get("records", []):
        first, _, last = str(each).partition("-")
        ranges.append(range(int(first), int(last or first) + 1))
    return ranges


def spans(numbers: Iterable[int]) -> list[str]:
    """Numbers as ``3-9`` and ``12``, in their order."""
    ranges: list[range] = []
    for number in sorted(numbers):
        _extend(ranges, number)
    return [str(each[0]) if len(each) == 1 else f"{each[0]}-{each[-1]}" for each in ranges]


def _went_back(before: str, after: str) -> bool:
    try:
        return datetime.fromisoformat(before) - datetime.fromisoformat(after) > _SKEW
    except (TypeError, ValueError):
        return True  # an altered time, which is found as such


def _extend(ranges: list[range], number: int) -> None:
    if ranges and ranges[-1].stop == number:
        ranges[-1] = range(ranges[-1].start, number + 1)
    else:
        ranges.append(range(number, number + 1))


def _without(ranges: Sequence[range], taken: Sequence[range]) -> list[range]:
    """The parts of ``ranges`` that lie in none of ``taken``."""
    left = list(ranges)
    for each in taken:
        left = [
            part
            for one in left
            for part in (
                range(one.start, min(one.stop, each.start)),
                range(max(one.start, each.stop), one.stop),
            )
            if part
        ]
    return left
