"""The key hierarchy: root → versioned tenant key → three random keys an owner, by class, and the vault's own
keys.

A key is read from its row at every use and never kept: a key destroyed by any process is noticed by all at
once.

On PostgreSQL a destroyed key leaves its wrapped bytes in dead tuples and in the server's log until these are
recycled; a deployment that must not rely on that keeps the keys in SQLite, the default.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Engine, RowMapping, Select, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from schema.errors import KeyDestroyed, RootKeyUnavailable, SealBroken, VaultError
from vault import root, tables
from vault.database import truncate_log
from vault.proof import DestructionProof
from vault.record import KEY_BYTES, prefixed
from vault.reference import KeyClass

_WRAPPED_BYTES = 12 + KEY_BYTES + 16
_DESTROYED = bytes(_WRAPPED_BYTES)
_CLASS_KEY = select(tables.class_key.c.wrapped, tables.class_key.c.tenant_version).where(
    *(tables.class_key.c[name] == bindparam(name) for name in ("tenant", "owner", "key_class"))
)


def _random_key() -> bytes:
    return os.urandom(KEY_BYTES)


class Keyring:
    """The keys of one tenant."""

    def __init__(self, engine: Engine, root_key_path: Path, tenant: str) -> None:
        """Raises ``RootKeyUnavailable``; a root is made only for a keys' database that holds no key yet."""
        self._engine = engine
        self._tenant = tenant
        self._root = _root(engine, root_key_path)
        self._ciphers = self._tenant_ciphers() or self._first_tenant_key()

    def sealing_key(self, owner: str, key_class: KeyClass) -> bytes:
        """The owner's key of this class, made on first use. Raises ``KeyDestroyed``."""
        row = self._class_row(owner, key_class)
        while row is None:
            version = max(self._ciphers)
            fresh = root.wrap(self._ciphers[version], os.urandom(KEY_BYTES), self._place(owner, key_class))
            self._insert(
                tables.class_key, owner=owner, key_class=key_class, tenant_version=version, wrapped=fresh
            )
            row = self._class_row(owner, key_class)
        return self._unwrapped(row, self._place(owner, key_class))

    def opening_key(self, owner: str, key_class: KeyClass) -> bytes:
        """The owner's key of this class.

        Raises ``KeyDestroyed``, or ``SealBroken`` when there never was one.
        """
        row = self._class_row(owner, key_class)
        if row is None:
            raise SealBroken("no key was ever made for this record")
        return self._unwrapped(row, self._place(owner, key_class))

    def service_key(self, name: str, make: Callable[[], bytes] = _random_key) -> bytes:
        """A key of the tenant for one named purpose, made on first use: the same in every process. 32 random
        bytes, or what ``make`` makes."""
        place = prefixed(b"service key", self._tenant.encode(), name.encode())
        query = select(tables.service_key).where(
            tables.service_key.c.tenant == self._tenant, tables.service_key.c.name == name
        )
        while (row := self._one(query)) is None:
            version = max(self._ciphers)
            fresh = root.wrap(self._ciphers[version], make(), place)
            self._insert(tables.service_key, name=name, tenant_version=version, wrapped=fresh)
        return self._unwrapped(row, place)

    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs proofs of destruction."""
        return Ed25519PrivateKey.from_private_bytes(self.service_key("destruction-proof"))

    def destroy(self, owner: str, key_class: KeyClass) -> DestructionProof:
        """Overwrite the key, leave no trace of it in the files, and prove it. Idempotent; never undone.

        An owner without such a key gets none afterwards either. A crash on the way is made good by calling
        again.
        """
        key = tables.class_key
        overwrite = update(key).where(self._owned(key, owner, key_class)).values(wrapped=_DESTROYED)
        while True:
            with self._engine.begin() as connection:
                if connection.execute(overwrite).rowcount:
                    break
            self._insert(key, owner=owner, key_class=key_class, tenant_version=0, wrapped=_DESTROYED)
        try:
            truncate_log(self._engine)
        except TimeoutError as error:
            raise VaultError(f"the key is destroyed, its trace is not; destroy again: {error}") from None
        return self._proof(owner, key_class)

    def _proof(self, owner: str, key_class: KeyClass) -> DestructionProof:
        query = select(tables.destruction).where(self._owned(tables.destruction, owner, key_class))
        while (row := self._one(query)) is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            proof = DestructionProof.signed(self._tenant, owner, key_class, now, self.signing_key())
            self._insert(
                tables.destruction, owner=owner, key_class=key_class, proof=json.dumps(proof.as_dict())
            )
        return DestructionProof(**json.loads(row["proof"]))

    def _class_row(self, owner: str, key_class: KeyClass) -> RowMapping | None:
        place = {"tenant": self._tenant, "owner": owner, "key_class": key_class.value}
        with self._engine.connect() as connection:
            return connection.execute(_CLASS_KEY, place).mappings().one_or_none()

    def _unwrapped(self, row: RowMapping, place: bytes) -> bytes:
        if row["wrapped"] == _DESTROYED:
            raise KeyDestroyed
        version = row["tenant_version"]
        if version not in self._ciphers:
            self._ciphers = self._tenant_ciphers()
        try:
            return root.unwrap(self._ciphers[version], row["wrapped"], place)
        except (InvalidTag, KeyError):
            raise SealBroken("a wrapped key was altered or misplaced") from None

    def _tenant_ciphers(self) -> dict[int, AESGCM]:
        key = tables.tenant_key
        with self._engine.connect() as connection:
            rows = connection.execute(select(key).where(key.c.tenant == self._tenant)).all()
        return {
            row.version: AESGCM(self._root.unwrap(row.wrapped, self._tenant_place(row.version)))
            for row in rows
        }

    def _first_tenant_key(self) -> dict[int, AESGCM]:
        wrapped = self._root.wrap(os.urandom(KEY_BYTES), self._tenant_place(1))
        self._insert(tables.tenant_key, version=1, wrapped=wrapped)
        return self._tenant_ciphers()

    def _insert(self, table: Table, **values: object) -> None:
        """Insert unless another process was first; the caller reads back what there is."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(table).values(tenant=self._tenant, **values))
        except IntegrityError:
            return

    def _one(self, query: Select[Any]) -> RowMapping | None:
        with self._engine.connect() as connection:
            return connection.execute(query).mappings().one_or_none()

    def _owned(self, table: Table, owner: str, key_class: KeyClass) -> ColumnElement[bool]:
        return (table.c.tenant == self._tenant) & (table.c.owner == owner) & (table.c.key_class == key_class)

    def _place(self, owner: str, key_class: KeyClass) -> bytes:
        return prefixed(b"class key", self._tenant.encode(), owner.encode(), key_class.encode())

    def _tenant_place(self, version: int) -> bytes:
        return prefixed(b"tenant key", self._tenant.encode(), str(version).encode())


def _root(engine: Engine, path: Path) -> root.RootKey:
    if path.exists():
        return root.load(path)
    with engine.connect() as connection:
        used = connection.execute(select(tables.tenant_key.c.version).limit(1)).first()
    if used:
        raise RootKeyUnavailable("the root key file is gone, and the vault's keys need it")
    return root.create(path)
