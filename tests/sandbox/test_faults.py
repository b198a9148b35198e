"""The table of faults, without a server."""

from __future__ import annotations

from sandbox.faults import Fault, FaultKind, FaultTable

SLOW, DOWN = FaultKind.SLOW, FaultKind.DOWN


def struck(table: FaultTable, requests: int) -> list[bool]:
    return [table.active(SLOW, "/any") is not None for _ in range(requests)]


def test_a_share_of_the_requests_is_struck_and_the_seed_says_which() -> None:
    first, again, other = FaultTable(), FaultTable(), FaultTable()
    for table, seed in ((first, 1), (again, 1), (other, 2)):
        table.add(Fault(SLOW, share=0.05, seed=seed))
    found = struck(first, 2_000)
    assert 60 < sum(found) < 140
    assert struck(again, 2_000) == found
    assert struck(other, 2_000) != found


def test_one_kind_is_lifted_and_the_others_stay() -> None:
    table = FaultTable()
    table.add(Fault(SLOW))
    table.add(Fault(DOWN))
    table.clear(DOWN)
    assert table.active(DOWN, "/any") is None
    assert table.active(SLOW, "/any") is not None
    table.clear()
    assert table.active(SLOW, "/any") is None
