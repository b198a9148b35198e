"""The key hierarchy: root → versioned tenant key → three random keys an owner, by class, and the vault's own
keys.

A class key is read from its row at every use and never kept: a key destroyed by any process is noticed by
all at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from schema.errors import KeyDestroyed, SealBroken, VaultError
from vault import tables
from vault.ciphers import KEY_BYTES
from vault.database import truncate_log
from vault.proof import DestructionProof
from vault.record import prefixed
from vault.reference import KeyClass
from vault.signing import Signer, new_private_key, signer
from vault.tenant import DESTROYED, TenantKeys
from vault.wrapping import wipe

_CLASS_KEY = select(tables.class_key.c.wrapped).where(
    *(tables.class_key.c[name] == bindparam(name) for name in ("tenant", "owner", "key_class"))
)


def _random_key() -> bytes:
    return os.urandom(KEY_BYTES)


class Keyring:
    """The keys of one tenant. Keys are handed out in memory that the caller overwrites (``wipe``)."""

    def __init__(self, tenant_keys: TenantKeys) -> None:
        self._engine = tenant_keys.engine
        self._tenant_keys = tenant_keys
        self._tenant = tenant_keys.tenant
        self._signers: dict[str, Signer] = {}

    def sealing_key(self, owner: str, key_class: KeyClass) -> bytearray:
        """The owner's key of this class, made on first use. Raises ``KeyDestroyed``."""
        place = class_place(self._tenant, owner, key_class)
        while (wrapped := self._class_row(owner, key_class)) is None:
            self._insert_wrapped(tables.class_key, _random_key(), place, owner=owner, key_class=key_class)
        return self._unwrapped(wrapped, place)

    def opening_key(self, owner: str, key_class: KeyClass) -> bytearray:
        """The owner's key of this class.

        Raises ``KeyDestroyed``, or ``SealBroken`` when there never was one.
        """
        wrapped = self._class_row(owner, key_class)
        if wrapped is None:
            raise SealBroken("no key was ever made for this record")
        return self._unwrapped(wrapped, class_place(self._tenant, owner, key_class))

    def alive(self, owner: str, key_class: KeyClass) -> bool:
        """Whether the key stands at this moment."""
        return self._class_row(owner, key_class) not in (None, DESTROYED)

    def service_key(self, name: str, make: Callable[[], bytes] = _random_key) -> bytes:
        """A key of the tenant for one named purpose, made on first use: the same in every process. 32 random
        bytes, or what ``make`` makes."""
        table = tables.service_key
        place = service_place(self._tenant, name)
        query = select(table.c.wrapped).where(table.c.tenant == self._tenant, table.c.name == name)
        while True:
            with self._engine.connect() as connection:
                wrapped = connection.execute(query).scalar_one_or_none()
            if wrapped is not None:
                key = self._tenant_keys.unwrap(wrapped, place)
                try:
                    return bytes(key)
                finally:
                    wipe(key)
            self._insert_wrapped(table, make(), place, name=name)

    def signer(self, name: str) -> Signer:
        """The tenant's key pair for one named purpose, in the deployment's suite: the same in every
        process."""
        if name not in self._signers:
            suite = self._tenant_keys.suite
            private = self.service_key(f"signing.{suite}.{name}", lambda: new_private_key(suite))
            self._signers[name] = signer(suite, private)
        return self._signers[name]

    def destroy(self, owner: str, key_class: KeyClass) -> DestructionProof:
        """Overwrite the key, leave no trace of it in SQLite's files, and prove it. Idempotent; never undone.

        An owner without such a key gets none afterwards either. A crash on the way is made good by calling
        again.
        """
        key = tables.class_key
        overwrite = update(key).where(self._owned(key, owner, key_class)).values(wrapped=DESTROYED)
        while True:
            with self._engine.begin() as connection:
                if connection.execute(overwrite).rowcount:
                    break
            self._insert(key, owner=owner, key_class=key_class, wrapped=DESTROYED)
        try:
            truncate_log(self._engine)
        except TimeoutError as error:
            raise VaultError(f"the key is destroyed, its trace is not; destroy again: {error}") from None
        return self._proved(owner, key_class)

    def proof(self, owner: str, key_class: KeyClass) -> DestructionProof | None:
        """The proof that this key was destroyed, or None."""
        query = select(tables.destruction.c.proof).where(self._owned(tables.destruction, owner, key_class))
        with self._engine.connect() as connection:
            held = connection.execute(query).scalar_one_or_none()
        return None if held is None else DestructionProof(**json.loads(held))

    def unburied(self) -> bool:
        """Whether the database may still hold a destroyed key's bytes that a tenant key in use would open.

        SQLite never does: ``destroy`` overwrites them in every file.
        """
        if self._engine.dialect.name == "sqlite":
            return False
        gone = tables.destruction.c
        since = (gone.tenant == self._tenant) & (gone.tenant_version >= self._tenant_keys.newest)
        with self._engine.connect() as connection:
            return connection.execute(select(gone.owner).where(since).limit(1)).first() is not None

    def _proved(self, owner: str, key_class: KeyClass) -> DestructionProof:
        while (proof := self.proof(owner, key_class)) is None:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            fresh = DestructionProof.signed(self._tenant, owner, key_class, now, self.signer("destruction"))
            self._insert(
                tables.destruction,
                owner=owner,
                key_class=key_class,
                tenant_version=self._tenant_keys.newest,
                proof=json.dumps(fresh.as_dict()),
            )
        return proof

    def _class_row(self, owner: str, key_class: KeyClass) -> bytes | None:
        place = {"tenant": self._tenant, "owner": owner, "key_class": key_class.value}
        with self._engine.connect() as connection:
            wrapped: bytes | None = connection.execute(_CLASS_KEY, place).scalar_one_or_none()
        return wrapped

    def _unwrapped(self, wrapped: bytes, place: bytes) -> bytearray:
        if wrapped == DESTROYED:
            raise KeyDestroyed
        return self._tenant_keys.unwrap(wrapped, place)

    def _insert_wrapped(self, table: Table, key: bytes, place: bytes, **values: object) -> None:
        """Keep a new key unless another process was first, or a rotation began: the caller reads again."""
        try:
            with self._engine.begin() as connection:
                if self._tenant_keys.still_newest(connection):
                    wrapped = self._tenant_keys.wrap(key, place)
                    connection.execute(insert(table).values(tenant=self._tenant, wrapped=wrapped, **values))
                    return
        except IntegrityError:
            return
        self._tenant_keys.reload()

    def _insert(self, table: Table, **values: object) -> None:
        """Insert unless another process was first; the caller reads back what there is."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(table).values(tenant=self._tenant, **values))
        except IntegrityError:
            return

    def _owned(self, table: Table, owner: str, key_class: KeyClass) -> ColumnElement[bool]:
        return (table.c.tenant == self._tenant) & (table.c.owner == owner) & (table.c.key_class == key_class)


def class_place(tenant: str, owner: str, key_class: str) -> bytes:
    """What a tenant key binds a class key to."""
    return prefixed(b"class key", tenant.encode(), owner.encode(), key_class.encode())


def service_place(tenant: str, name: str) -> bytes:
    """What a tenant key binds a service key to."""
    return prefixed(b"service key", tenant.encode(), name.encode())
