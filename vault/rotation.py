"""Rotation: new keys wrap what the old ones wrapped, and the old versions are refused from then on. No
record is touched, and the vault stays in use meanwhile.

A rotation that was cut short has lost nothing: the older version still stands. Rotate again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Engine, bindparam, insert, select, update

from vault import tables
from vault.ciphers import KEY_BYTES
from vault.database import truncate_log
from vault.keys import class_place, service_place
from vault.roots.root import Root
from vault.tenant import DESTROYED, VERSION_BYTES, TenantKeys, hold_root, hold_rotation, opened, place_of
from vault.wrapping import wipe

BATCH = 5_000
"""Keys rewrapped in one transaction: a writer waits for one batch at most."""
Moved = Callable[[int], None]


def rotate_root(engine: Engine, root: Root) -> int:
    """A new version of the root wraps every tenant key that this root wrapped; its older versions are
    retired.

    Returns how many keys. Raises ``RootKeyUnavailable``; then the older versions still stand.
    """
    table = tables.tenant_key
    with engine.begin() as connection:
        hold_root(connection)
        root.rotate()
        mine = select(table).where(table.c.root == root.name, table.c.wrapped != b"")
        rows = connection.execute(mine).mappings().all()
        for row in rows:
            key = opened(root, row)
            at = (table.c.tenant == row["tenant"]) & (table.c.version == row["version"])
            connection.execute(update(table).where(at).values(wrapped=root.wrap(key, place_of(row))))
            wipe(key)
    truncate_log(engine)
    root.retire()
    return len(rows)


def rotate_tenant(keys: TenantKeys, moved: Moved = lambda _: None) -> int:
    """A new version of the tenant's key wraps every key of the tenant; then the floor rises to it and the
    older versions are destroyed. Returns how many keys; ``moved`` is told after each batch."""
    version = _begin(keys)
    count = 0
    while True:  # again, for what another rotation moved behind this one's back
        before = count
        for batch in _class_keys(keys, version):
            count += _rewrap(keys, _CLASS, batch)
            moved(count)
        count += _rewrap(keys, _SERVICE, _service_keys(keys, version))
        if count == before:
            break
    _raise_floor(keys, version)
    truncate_log(keys.engine)
    return count


_CLASS, _SERVICE = (
    update(table).where(*at, table.c.wrapped == bindparam("old")).values(wrapped=bindparam("new"))
    for table, at in (
        (tables.class_key, [tables.class_key.c.serial == bindparam("at")]),
        (
            tables.service_key,
            [tables.service_key.c.tenant == bindparam("of"), tables.service_key.c.name == bindparam("at")],
        ),
    )
)


def _begin(keys: TenantKeys) -> int:
    """The new version, which every process finds from the end of this transaction on."""
    table = tables.tenant_key
    with keys.engine.begin() as connection:
        hold_rotation(connection, keys.tenant, exclusive=True)
        hold_root(connection)
        held = select(table.c.version, table.c.floor).where(table.c.tenant == keys.tenant)
        version, floor = max((row.version, row.floor) for row in connection.execute(held))
        connection.execute(insert(table).values(keys.row(version + 1, floor, os.urandom(KEY_BYTES))))
    keys.reload()
    return int(version) + 1


def _class_keys(keys: TenantKeys, version: int) -> Iterator[list[dict[str, Any]]]:
    """Batches of what an older version wraps. A destroyed key is none."""
    table = tables.class_key.c
    after = -1
    while True:
        query = (
            select(table.serial, table.owner, table.key_class, table.wrapped)
            .where(table.tenant == keys.tenant, table.serial > after)
            .where(table.wrapped < _bound(version), table.wrapped != DESTROYED)
            .order_by(table.serial)
            .limit(BATCH)
        )
        with keys.engine.connect() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        after = rows[-1].serial
        yield [
            {
                "at": row.serial,
                "old": row.wrapped,
                "place": class_place(keys.tenant, row.owner, row.key_class),
            }
            for row in rows
        ]


def _service_keys(keys: TenantKeys, version: int) -> list[dict[str, Any]]:
    table = tables.service_key.c
    query = select(table.name, table.wrapped).where(
        table.tenant == keys.tenant, table.wrapped < _bound(version)
    )
    with keys.engine.connect() as connection:
        return [
            {
                "of": keys.tenant,
                "at": row.name,
                "old": row.wrapped,
                "place": service_place(keys.tenant, row.name),
            }
            for row in connection.execute(query)
        ]


def _rewrap(keys: TenantKeys, change: Any, batch: list[dict[str, Any]]) -> int:
    """Rewrap a batch where it still stands: a key that was destroyed or moved meanwhile stays as it is."""
    for each in batch:
        place = each.pop("place")
        key = keys.unwrap(each["old"], place)
        each["new"] = keys.wrap(key, place)
        wipe(key)
    if batch:
        with keys.engine.begin() as connection:
            connection.execute(change, batch)
    return len(batch)


def _raise_floor(keys: TenantKeys, version: int) -> None:
    """Bind the floor to the new version's row, and overwrite the rows below it."""
    table = tables.tenant_key
    mine = table.c.tenant == keys.tenant
    with keys.engine.begin() as connection:
        hold_rotation(connection, keys.tenant, exclusive=True)
        hold_root(connection)
        row = connection.execute(select(table).where(mine, table.c.version == version)).mappings().one()
        if not row["wrapped"]:  # a newer rotation was quicker, and its floor is higher
            return
        key = opened(keys.root, row)
        connection.execute(
            update(table).where(mine, table.c.version == version).values(keys.row(version, version, key))
        )
        connection.execute(update(table).where(mine, table.c.version < version).values(wrapped=b""))
        wipe(key)
    keys.reload()


def _bound(version: int) -> bytes:
    """Every key that this version or a newer one wraps sorts behind it."""
    return version.to_bytes(VERSION_BYTES, "big")
