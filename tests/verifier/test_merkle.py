"""Proofs of RFC 9162: the published vectors with all their negative cases, and a borrowed verifier that
agrees with ours on every proof."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymerkle import ConsistencyProof, InclusionProof, InmemoryTree, InvalidProof

from verifier.digests import DIGESTS, Digest, sha256
from verifier.merkle import (
    Frontier,
    RootOf,
    consistency_path,
    consistent,
    included,
    inclusion_path,
    leaf_hash,
    root_of,
)


def vectors(kind: str) -> list[dict[str, Any]]:
    if (folder := os.environ.get("TAXLINK_REAL_DATA")) is None:
        pytest.skip("TAXLINK_REAL_DATA is not set")
    return [
        json.loads(path.read_text()) for path in sorted(Path(folder, "vectors/merkle", kind).rglob("*.json"))
    ]


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def path_of(vector: dict[str, Any]) -> list[bytes]:
    return [raw(each) for each in vector["proof"] or []]


@pytest.mark.real_data
def test_published_inclusion_vectors() -> None:
    found = vectors("inclusion")
    assert len(found) > 90
    for each in found:
        holds = included(
            sha256, raw(each["leafHash"]), each["leafIdx"], each["treeSize"], path_of(each), raw(each["root"])
        )
        assert holds is not each["wantErr"], each["desc"]


@pytest.mark.real_data
def test_published_consistency_vectors_and_nothing_is_proved_of_an_empty_tree() -> None:
    found = vectors("consistency")
    assert len(found) > 90
    assert {each["wantErr"] for each in found if each["size1"] == 0} == {True}
    for each in found:
        holds = consistent(
            sha256, each["size1"], each["size2"], path_of(each), raw(each["root1"]), raw(each["root2"])
        )
        assert holds is not each["wantErr"], each["desc"]


def over(digest: Digest, leaves: list[bytes]) -> RootOf:
    return lambda low, high: root_of(digest, leaves[low:high])


def trees(most: int) -> Iterator[tuple[int, InmemoryTree, list[bytes]]]:
    tree, leaves = InmemoryTree(algorithm="sha256"), []
    for size in range(1, most + 1):
        tree.append_entry(str(size).encode())
        leaves.append(leaf_hash(sha256, str(size).encode()))
        yield size, tree, leaves


def test_a_borrowed_verifier_agrees_on_every_proof() -> None:
    for size, tree, leaves in trees(33):
        root = root_of(sha256, leaves)
        assert root == tree.get_root()
        for index, leaf in enumerate(leaves):
            path = inclusion_path(index, size, over(sha256, leaves))
            theirs = tree.prove_inclusion(index + 1)
            assert [leaf, *path] == theirs.path
            assert included(sha256, leaf, index, size, path, root)
            for other in (index - 1, index + 1):
                proof = InclusionProof("sha256", True, size, other + 1, theirs.rule, [leaf, *path])
                assert included(sha256, leaf, other, size, path, root) is agrees(proof, leaf, root)
        for first in range(1, size + 1):
            old = root_of(sha256, leaves[:first])
            path = consistency_path(first, size, over(sha256, leaves))
            theirs = tree.prove_consistency(first)
            for earlier in (old, leaves[0], root):
                holds = consistent(sha256, first, size, path, earlier, root)
                assert holds is agrees(theirs, earlier, root) is (earlier == old)
                assert consistent(sha256, first, size, path, old, earlier) is agrees(theirs, old, earlier)


def agrees(proof: InclusionProof | ConsistencyProof, base: bytes, root: bytes) -> bool:
    try:
        proof.verify(base, root)
    except InvalidProof:
        return False
    return True


@pytest.mark.parametrize("digest", DIGESTS.values())
def test_a_proof_holds_for_one_leaf_one_place_and_one_tree(digest: Any) -> None:
    leaves = [leaf_hash(digest, bytes([number])) for number in range(21)]
    root = root_of(digest, leaves)
    path = inclusion_path(13, 21, over(digest, leaves))
    assert included(digest, leaves[13], 13, 21, path, root)
    for wrong in ((leaves[12], 13, 21), (leaves[13], 12, 21), (leaves[13], 13, 37), (leaves[13], -1, 21)):
        assert not included(digest, *wrong, path, root)
    assert not included(digest, leaves[13], 13, 21, path[:-1], root)
    assert not included(digest, leaves[13], 13, 21, [*path, root], root)
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_path(21, 21, lambda low, high: b"")


def test_a_tree_tells_of_its_complete_subtrees() -> None:
    leaves = [leaf_hash(sha256, number.to_bytes(4, "big")) for number in range(1000)]
    met: dict[tuple[int, int], bytes] = {}
    tree = Frontier(sha256, lambda height, index, root: met.setdefault((height, index), root) and None)
    for leaf in leaves:
        tree.add(leaf)
    assert met == {(8, index): root_of(sha256, leaves[256 * index : 256 * index + 256]) for index in range(3)}


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier(sha256).root() == hashlib.sha256().digest()
