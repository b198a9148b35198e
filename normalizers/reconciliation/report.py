"""The reconciliation report of a snapshot: every check, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from normalizers.reconciliation import declared, goods, invoices, statements
from normalizers.reconciliation.books import Books
from normalizers.reconciliation.check import Check, Outcome, Result, carried_out
from schema.snapshot import Finding, Snapshot

CHECKS: tuple[Check, ...] = (*invoices.CHECKS, *declared.CHECKS, *statements.CHECKS, *goods.CHECKS)


def report(snapshot: Snapshot) -> list[Result]:
    """What each check found. Pure: the same snapshot gives the same report."""
    books = Books(snapshot)
    return [carried_out(each, books) for each in CHECKS]


def findings(results: Sequence[Result]) -> list[Finding]:
    """The checks that differ, as findings of the snapshot: figures, never names."""
    return [
        Finding(
            each.check.code,
            each.check.severity,
            each.check.dataset,
            f"{each.differing} of {each.compared}: {each.check.left[1]} ≠ {each.check.right[1]}",
        )
        for each in results
        if each.outcome is Outcome.DIFFERS
    ]
