"""A tenant's versioned keys: unwrapped by the root, held in memory, wrapping every other key of the tenant.

A key that they wrap is version (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16), so that rewrapping keeps its length.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Engine, RowMapping, insert, select, text
from sqlalchemy.exc import IntegrityError

from schema.errors import RootKeyUnavailable, SealBroken, VaultError
from vault import tables
from vault.ciphers import KEY_BYTES, Bytes
from vault.record import prefixed
from vault.roots.root import Root
from vault.suite import Suite
from vault.wrapping import OVERHEAD_BYTES, Wrapper, wipe

VERSION_BYTES = 4
WRAPPED_BYTES = VERSION_BYTES + KEY_BYTES + OVERHEAD_BYTES
DESTROYED = bytes(WRAPPED_BYTES)
"""What stands in the place of a class key that was destroyed."""


class TenantKeys:
    """The versions of one tenant's key that are in use. Threads may share it."""

    def __init__(self, engine: Engine, root: Root, tenant: str, suite: Suite) -> None:
        """A first version is made for a tenant that has none.

        Raises ``RootKeyUnavailable``, or ``VaultError`` when the tenant's keys are of another suite.
        """
        self.engine, self.root, self.tenant, self.suite = engine, root, tenant, suite
        self._floor, self._wrappers = self._read() or self._first()

    @property
    def newest(self) -> int:
        """The version that wraps now, as far as this process has read."""
        return max(self._wrappers)

    def wrap(self, key: Bytes, place: bytes) -> bytes:
        """``key`` sealed for its place, under the newest version."""
        version = self.newest
        return version.to_bytes(VERSION_BYTES, "big") + self._wrappers[version].wrap(key, place)

    def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """The key. Raises ``SealBroken``: altered, misplaced, or wrapped under a retired version."""
        version = version_of(wrapped)
        if version not in self._wrappers:
            self.reload()
        if version < self._floor or version not in self._wrappers:
            raise SealBroken(f"a key is wrapped under version {version}, which is retired or unknown")
        try:
            return self._wrappers[version].unwrap(wrapped[VERSION_BYTES:], place)
        except InvalidTag:
            raise SealBroken("a wrapped key was altered or misplaced") from None

    def reload(self) -> None:
        """Read the versions anew, after another process rotated."""
        found = self._read()
        if found is None:
            raise SealBroken("the tenant's keys are gone")
        self._floor, self._wrappers = found

    def still_newest(self, connection: Connection) -> bool:
        """Whether what ``wrap`` makes may be kept. Until the end of the transaction no rotation begins."""
        hold_rotation(connection, self.tenant, exclusive=False)
        table = tables.tenant_key.c
        newer = select(table.version).where(table.tenant == self.tenant, table.version > self.newest)
        return connection.execute(newer.limit(1)).first() is None

    def row(self, version: int, floor: int, key: Bytes) -> dict[str, object]:
        """A row of the table for this version's key, wrapped by the root as it is now."""
        place = tenant_place(self.tenant, self.suite, version, floor)
        return {
            "tenant": self.tenant,
            "version": version,
            "suite": self.suite.value,
            "root": self.root.name,
            "floor": floor,
            "wrapped": self.root.wrap(key, place),
        }

    def _read(self) -> tuple[int, dict[int, Wrapper]] | None:
        table = tables.tenant_key
        with self.engine.connect() as connection:
            query = select(table).where(table.c.tenant == self.tenant).order_by(table.c.version)
            rows = connection.execute(query).mappings().all()
        if not rows:
            return None
        if any(row["suite"] != self.suite for row in rows):
            raise VaultError(f"the keys of this vault are of the suite {rows[-1]['suite']}")
        if rows[-1]["root"] != self.root.name:
            raise RootKeyUnavailable("this root is not the one this vault was made with")
        live = [row for row in rows if row["wrapped"]]
        floor = max(row["floor"] for row in live)
        return floor, {row["version"]: self._wrapper(row) for row in live if row["version"] >= floor}

    def _wrapper(self, row: RowMapping) -> Wrapper:
        key = opened(self.root, row)
        try:
            return Wrapper(self.suite, key)
        finally:
            wipe(key)

    def _first(self) -> tuple[int, dict[int, Wrapper]]:
        with suppress(IntegrityError), self.engine.begin() as connection:  # unless another process was first
            hold_root(connection)
            connection.execute(insert(tables.tenant_key).values(self.row(1, 1, os.urandom(KEY_BYTES))))
        found = self._read()
        assert found is not None, "it was just made"
        return found


def opened(root: Root, row: RowMapping) -> bytearray:
    """The key of one row of the table. Raises ``RootKeyUnavailable``."""
    return root.unwrap(row["wrapped"], place_of(row))


def place_of(row: RowMapping) -> bytes:
    """What the root binds the key of one row of the table to."""
    return tenant_place(row["tenant"], Suite(row["suite"]), row["version"], row["floor"])


def tenant_place(tenant: str, suite: Suite, version: int, floor: int) -> bytes:
    """What the root binds a tenant key to."""
    return prefixed(
        b"tenant key", tenant.encode(), suite.encode(), str(version).encode(), str(floor).encode()
    )


def version_of(wrapped: bytes) -> int:
    """The version that wrapped a key."""
    return int.from_bytes(wrapped[:VERSION_BYTES], "big")


def hold_rotation(connection: Connection, tenant: str, *, exclusive: bool) -> None:
    """Until the end of the transaction: whoever makes a key shares this, whoever begins a rotation has it
    alone.

    In SQLite one writer at a time is enough: writing begins here.
    """
    lock = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    _hold(connection, lock, b"tenant " + tenant.encode())


def hold_root(connection: Connection) -> None:
    """Until the end of the transaction nobody else wraps by the root, so that none of it is under a version
    about to be retired."""
    _hold(connection, "pg_advisory_xact_lock", b"root")


def _hold(connection: Connection, lock: str, name: bytes) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("UPDATE tenant_key SET version = version WHERE 0")
        return
    connection.execute(text(f"SELECT {lock}(:key)"), {"key": zlib.crc32(b"taxlink vault " + name)})


def known(engine: Engine, tenant: str) -> bool:
    """Whether the tenant has keys already."""
    table = tables.tenant_key.c
    with engine.connect() as connection:
        return connection.execute(select(table.version).where(table.tenant == tenant)).first() is not None
