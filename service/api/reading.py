"""What loan systems may read of a snapshot, and when."""

from __future__ import annotations

import polars as pl

from authz.authorization import Authorization
from normalizers.reconciliation.check import Result
from normalizers.reconciliation.report import report
from schema.errors import StateConflict, UnknownScope
from schema.snapshot import TABLES_OF, Snapshot
from stages.normalize import opened
from stages.readable import check_readable
from stages.workshop import Workshop

_DATASET_OF = {table: dataset for dataset, filled in TABLES_OF.items() for table in filled}


def table(shop: Workshop, current: Authorization, name: str) -> pl.DataFrame:
    """One table of the newest snapshot.

    Raises ``UnknownScope`` for a name that no dataset fills, ``StateConflict`` for one that was not read,
    with the reason as its detail.
    """
    dataset = _DATASET_OF.get(name)
    if dataset is None:
        raise UnknownScope(f"tables are {', '.join(_DATASET_OF)}")
    snapshot = _newest(shop, current)
    if not any(each in snapshot.tables for each in TABLES_OF[dataset]):
        raise StateConflict(f"{dataset} is missing: {snapshot.missing.get(dataset, 'unknown')}")
    return snapshot.table(name)


def reconciled(shop: Workshop, current: Authorization) -> list[Result]:
    """The reconciliation report of the newest snapshot. Raises ``StateConflict`` before there is one."""
    return report(_newest(shop, current))


def _newest(shop: Workshop, current: Authorization) -> Snapshot:
    check_readable(shop, current)
    held = shop.casefile.snapshot(current.id)
    if held is None:
        raise StateConflict("nothing was read yet")
    return opened(shop, current, held)
