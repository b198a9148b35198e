"""Merkle trees of RFC 9162, section 2.1: hashes, a tree that grows, and the two proofs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.digests import Digest

HASH_BYTES = 32
"""Of SHA-256 and of SM3."""
RootOf = Callable[[int, int], bytes]
"""The root of the leaves ``low`` to ``high`` (0-based, ``high`` outside), a subtree of the whole."""


def leaf_hash(digest: Digest, entry: bytes) -> bytes:
    return digest(b"\x00" + entry)


def node_hash(digest: Digest, left: bytes, right: bytes) -> bytes:
    return digest(b"\x01" + left + right)


class Frontier:
    """The roots of the complete subtrees from the left: a tree to which leaves are added, in little memory.

    ``met(height, index, root)`` is told of each complete subtree whose height is a multiple of 8.
    """

    def __init__(self, digest: Digest, met: Callable[[int, int, bytes], None] | None = None) -> None:
        self._digest, self._met = digest, met
        self._peaks: list[bytes] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """The next leaf, hashed."""
        ahead, position, height = leaf, self.size, 0
        while position & 1:
            ahead = self._digest(b"\x01" + self._peaks.pop() + ahead)
            position, height = position >> 1, height + 1
            if self._met is not None and height % 8 == 0:
                self._met(height, position, ahead)
        self._peaks.append(ahead)
        self.size += 1

    def root(self) -> bytes:
        if not self._peaks:
            return self._digest(b"")
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(self._digest, peak, root)
        return root


def root_of(digest: Digest, leaves: Sequence[bytes]) -> bytes:
    """The root over hashed leaves."""
    tree = Frontier(digest)
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def split(size: int) -> int:
    """The largest power of two smaller than ``size`` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_path(index: int, size: int, root: RootOf) -> list[bytes]:
    """PATH(index, D_size), section 2.1.3.1. Raises ``ValueError`` for a leaf outside the tree."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in this tree")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append(root(middle, high))
            high = middle
        else:
            path.append(root(low, middle))
            low = middle
    return path[::-1]


def consistency_path(first: int, second: int, root: RootOf) -> list[bytes]:
    """PROOF(first, D_second), section 2.1.4.1. Raises ``ValueError`` unless 0 < first ≤ second."""
    if not 0 < first <= second:
        raise ValueError("a tree is consistent with a smaller one that is not empty")
    path, low, high, whole = [], 0, second, True
    while first != high:
        middle = low + split(high - low)
        if first <= middle:
            path.append(root(middle, high))
            high = middle
        else:
            path.append(root(low, middle))
            low, whole = middle, False
    return ([] if whole else [root(low, high)]) + path[::-1]


def included(digest: Digest, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf to the root; section 2.1.3.2."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    place, last, ahead = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            ahead = node_hash(digest, step, ahead)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            ahead = node_hash(digest, ahead, step)
        place, last = place >> 1, last >> 1
    return last == 0 and ahead == root


def consistent(
    digest: Digest, first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether the larger tree begins with the smaller one; section 2.1.4.2. Of an empty tree there is nothing
    to prove, and nothing is."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    steps = list(path) if first & (first - 1) else [first_root, *path]
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(digest, step, old), node_hash(digest, step, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(digest, new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
