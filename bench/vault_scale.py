"""A vault of 1,000,000 records under 1,000,000 keys: how long rotation and shredding take."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import track
from sqlalchemy import insert

from bench.figures import Figure
from vault import tables
from vault.database import open_database
from vault.keys import class_place
from vault.record import RecordKey
from vault.reference import KeyClass, Reference
from vault.roots.root import open_root
from vault.tenant import TenantKeys
from vault.vault import Vault, VaultSettings

RECORDS = 1_000_000
SHREDDED = 20
BATCH = 10_000
CONTENT = os.urandom(300)
"""Of every record: sizes matter little here, numbers do."""


def run(*, quick: bool) -> list[Figure]:
    """The root's rotation and the slowest of some shreddings, in one vault that holds everything."""
    count = 3_000 if quick else RECORDS
    with tempfile.TemporaryDirectory(prefix="taxlink-bench-") as folder:
        settings = VaultSettings.in_folder(Path(folder))
        _fill(settings, count // len(KeyClass))
        vault = Vault.open(settings)
        root = _seconds(vault.rotate_root)
        tenant = _seconds(vault.rotate_tenant)
        owners = [_owner(number) for number in range(0, count // len(KeyClass), count // 3 // SHREDDED)]
        shredded = sorted(_seconds(partial(vault.destroy_all, owner)) for owner in owners)
        vault.close()
    of = f"{count:,} records under as many keys"
    return [
        Figure(
            f"rotation of the root, {of}",
            root,
            " s",
            "under 60 s",
            root < 60,
            f"the tenant's key, which rewraps every other: {tenant:.3g} s",
        ),
        Figure(
            f"shredding one authorization among {of}, slowest",
            shredded[-1],
            " s",
            "under 1 s",
            shredded[-1] < 1,
            f"median {shredded[len(shredded) // 2]:.3g} s of {len(shredded)}",
        ),
    ]


def _fill(settings: VaultSettings, owners: int) -> None:
    """As ``Vault.seal`` leaves them, put in by the batch: a key of each class an owner, a record each."""
    keys = open_database(settings.keys_url, tables.keys, secure_delete="ON")
    records = open_database(settings.records_url, tables.records, secure_delete="FAST")
    root = open_root("", settings.root_key_path, settings.suite, fresh=True)
    tenant_keys = TenantKeys(keys, root, settings.tenant, settings.suite)
    for first in track(range(0, owners, BATCH), "filling a vault", transient=True):
        wrapped, sealed = zip(*_made(tenant_keys, first, min(first + BATCH, owners)), strict=True)
        for engine, table, rows in ((keys, tables.class_key, wrapped), (records, tables.record, sealed)):
            with engine.begin() as connection:
                connection.execute(insert(table), rows)
    keys.dispose()
    records.dispose()


def _made(tenant_keys: TenantKeys, first: int, end: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    tenant = tenant_keys.tenant
    for number in range(first, end):
        for key_class in KeyClass:
            owner, key = _owner(number), os.urandom(32)
            reference = Reference(key_class, owner, "raw", "1", 1)
            place = {"tenant": tenant, "owner": owner, "key_class": key_class.value}
            wrapped = tenant_keys.wrap(key, class_place(tenant, owner, key_class))
            sealed = RecordKey(tenant_keys.suite, key).seal(tenant, reference, CONTENT)
            yield (
                {**place, "wrapped": wrapped},
                {**place, "kind": "raw", "id": "1", "revision": 1, "sealed": sealed},
            )


def _owner(number: int) -> str:
    return f"consent_{number:07}"


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
