"""The Merkle tree over the records as the store holds it: proofs, and the subtree roots that make them cheap.

A root is kept of every complete subtree of 256, 65536, … records. They are made behind the appends and never
hold one up; where one is not made yet, it is worked out from below.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from schema.errors import AuditBroken
from store.audit_table import audit_record, audit_subtree
from store.database import inserting
from verifier.digests import Digest
from verifier.merkle import consistency_path, inclusion_path, node_hash, split

BAND = 8
"""Kept heights are its multiples."""
Subtree = tuple[int, int, bytes]
"""Height, index from the left, root."""


class StoredTree:
    """The tree at one moment. It reads on the caller's connection, and each node once."""

    def __init__(self, connection: Connection, digest: Digest) -> None:
        self._connection, self._digest = connection, digest
        self._roots: dict[tuple[int, int], bytes] = {}
        self._made: dict[tuple[int, int], bytes] = {}

    def root(self, size: int) -> bytes:
        """The root over the first ``size`` records. Raises ``AuditBroken`` when one is gone."""
        return self._root(0, size) if size else self._digest(b"")

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """The path from record ``seq`` to the root of ``size`` records. Raises ``ValueError`` for one outside
        of them, ``AuditBroken`` when one is gone."""
        return inclusion_path(seq - 1, size, self._root)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of ``second`` records begins with that of ``first``. Raises as
        ``inclusion``."""
        return consistency_path(first, second, self._root)

    def extend(self, size: int) -> Iterator[Subtree]:
        """The complete subtrees within ``size`` records that are not kept yet, the lower first."""
        height = BAND
        while size >> height:
            last = self._connection.scalar(
                select(audit_subtree.c.position)
                .where(audit_subtree.c.height == height)
                .order_by(audit_subtree.c.position.desc())
                .limit(1)
            )
            for index in range(0 if last is None else last + 1, size >> height):
                root = self._folded(height - BAND, index << BAND, 1 << BAND)
                self._made[height, index] = root
                yield height, index, root
            height += BAND

    def _root(self, low: int, high: int) -> bytes:
        if (low, high) not in self._roots:
            self._roots[low, high] = self._worked_out(low, high)
        return self._roots[low, high]

    def _worked_out(self, low: int, high: int) -> bytes:
        size = high - low
        if size & (size - 1):
            middle = low + split(size)
            return node_hash(self._digest, self._root(low, middle), self._root(middle, high))
        height = size.bit_length() - 1
        base = height - height % BAND
        return self._folded(base, low >> base, size >> base)

    def _folded(self, height: int, first: int, count: int) -> bytes:
        """The root over ``count`` neighbours (a power of two) of one kept height."""
        nodes = self._neighbours(height, first, count)
        while len(nodes) > 1:
            nodes = [node_hash(self._digest, *nodes[at : at + 2]) for at in range(0, len(nodes), 2)]
        return nodes[0]

    def _neighbours(self, height: int, first: int, count: int) -> list[bytes]:
        last = first + count
        if height == 0:
            at = audit_record.c.seq
            query = select(audit_record.c.hash).where(at > first, at <= last).order_by(at)
            leaves = list(self._connection.scalars(query))
            if len(leaves) != count:
                raise AuditBroken(f"records are gone between {first + 1} and {last}")
            return leaves
        table = audit_subtree
        within = (table.c.height == height) & (table.c.position >= first) & (table.c.position < last)
        rows = self._connection.execute(select(table.c.position, table.c.hash).where(within))
        kept: dict[int, bytes] = {row.position: row.hash for row in rows}
        kept |= {at: self._made[height, at] for at in range(first, last) if (height, at) in self._made}
        return [
            kept[index] if index in kept else self._folded(height - BAND, index << BAND, 1 << BAND)
            for index in range(first, last)
        ]


def keep(connection: Connection, subtrees: list[Subtree]) -> None:
    """Keep roots that were worked out. Whoever was first wrote the same."""
    rows = [{"height": height, "position": index, "hash": root} for height, index, root in subtrees]
    if rows:
        connection.execute(inserting(connection, audit_subtree).on_conflict_do_nothing(), rows)
