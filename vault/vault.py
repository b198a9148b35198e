"""The vault's door: seal, unseal, forget, destroy, rotate."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from schema.errors import KeyDestroyed, SealBroken
from vault import rotation, tables
from vault.database import open_database
from vault.keys import Keyring
from vault.proof import DestructionProof
from vault.record import RecordKey
from vault.reference import KeyClass, Reference
from vault.roots.root import open_root
from vault.signing import Signer
from vault.suite import Suite
from vault.tenant import TenantKeys, known
from vault.wrapping import wipe

_PLACE = ("tenant", "owner", "key_class", "kind", "id", "revision")
_SEALED = select(tables.record.c.sealed).where(*(tables.record.c[name] == bindparam(name) for name in _PLACE))


@dataclass(frozen=True)
class VaultSettings:
    """Where the vault lives.

    URLs are SQLAlchemy's; the keys' database must not be backed up with the records'. ``root_url`` names a
    root other than the file: see ``vault.roots.root``.
    """

    root_key_path: Path
    keys_url: str
    records_url: str
    tenant: str = "bank"
    suite: Suite = Suite.INTL
    root_url: str = ""

    @classmethod
    def in_folder(cls, folder: Path) -> VaultSettings:
        """The default: ``root.key``, ``keys.db`` and ``vault.db`` in one folder."""
        return cls(folder / "root.key", f"sqlite:///{folder / 'keys.db'}", f"sqlite:///{folder / 'vault.db'}")


class Vault:
    """Sealed records of one tenant. Safe to share among threads; many processes may open the same databases.

    ``owner`` is whose keys seal a record: a consent's id. An owner whose key of a class was destroyed never
    gets another: what is collected under a new consent has a new owner.
    """

    def __init__(self, tenant_keys: TenantKeys, engine: Engine) -> None:
        self.keys = Keyring(tenant_keys)
        self.engine = engine
        self.tenant = tenant_keys.tenant
        self.suite = tenant_keys.suite
        self._tenant_keys = tenant_keys

    @classmethod
    def open(cls, settings: VaultSettings) -> Vault:
        """Open, and make what is not there yet.

        Raises ``RootKeyUnavailable``; a root is made only for a tenant that has no key yet.
        """
        keys = open_database(settings.keys_url, tables.keys, secure_delete="ON")
        fresh = not known(keys, settings.tenant)
        root = open_root(settings.root_url, settings.root_key_path, settings.suite, fresh=fresh)
        tenant_keys = TenantKeys(keys, root, settings.tenant, settings.suite)
        return cls(tenant_keys, open_database(settings.records_url, tables.records, secure_delete="FAST"))

    def close(self) -> None:
        """Let go of the databases. Idempotent."""
        self._tenant_keys.root.close()
        self._tenant_keys.engine.dispose()
        self.engine.dispose()

    def seal(
        self, owner: str, kind: str, content: bytes, *, key_class: KeyClass, id: str | None = None
    ) -> str:
        """Keep ``content`` and return its reference. Raises ``KeyDestroyed``.

        Sealing an ``id`` again makes its next revision in the place of the last, whose reference then opens
        nothing.
        """
        if id is None:
            return self.seal_many(owner, kind, [content], key_class=key_class)[0]
        while True:
            reference = Reference(key_class, owner, kind, id, 1 + self._revision(owner, kind, key_class, id))
            if self._put(reference, self.seal_bytes(reference, content)):
                self.settle(owner, key_class)
                return str(reference)

    def seal_many(
        self, owner: str, kind: str, contents: Sequence[bytes], *, key_class: KeyClass
    ) -> list[str]:
        """Keep all of them or, after a crash, none; one transaction.

        References in the order of ``contents``.
        """
        references = [Reference(key_class, owner, kind, uuid.uuid4().hex, 1) for _ in contents]
        with self.at_work(self.keys.sealing_key(owner, key_class)) as key:
            rows = [
                self._row(reference, key.seal(self.tenant, reference, content))
                for reference, content in zip(references, contents, strict=True)
            ]
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(tables.record), rows)
            self.settle(owner, key_class)
        return [str(reference) for reference in references]

    def unseal(self, ref: str) -> bytes:
        """The content.

        Raises ``KeyDestroyed``, or ``SealBroken`` when it is altered, misplaced, replaced or forgotten.
        """
        return self.unseal_many([ref])[0]

    def unseal_many(self, refs: Sequence[str]) -> list[bytes]:
        """The contents in the order of ``refs``; each key is read once. Raises as ``unseal``."""
        references = [Reference.parse(ref) for ref in refs]
        with ExitStack() as held:
            keys = {
                owner: held.enter_context(self.at_work(self.keys.opening_key(*owner)))
                for owner in {(each.owner, each.key_class) for each in references}
            }
            with self.engine.connect() as connection:
                found = [
                    connection.execute(_SEALED, self._place(each)).scalar_one_or_none() for each in references
                ]
            contents = []
            for reference, sealed in zip(references, found, strict=True):
                if sealed is None:
                    raise SealBroken("no such record")
                key = keys[reference.owner, reference.key_class]
                contents.append(key.unseal(self.tenant, reference, sealed))
        return contents

    def forget(self, ref: str) -> None:
        """Delete one record. Idempotent."""
        with self.engine.begin() as connection:
            connection.execute(delete(tables.record).where(self._at(Reference.parse(ref))))

    def destroy(self, owner: str, key_class: KeyClass) -> DestructionProof:
        """Destroy the owner's key of this class, then delete what it sealed. Idempotent; never undone.

        From the return of this call no process can read or write under that key.
        """
        proof = self.keys.destroy(owner, key_class)
        self._sweep(owner, key_class)
        return proof

    def destroy_all(self, owner: str) -> list[DestructionProof]:
        """What a withdrawal destroys: credentials and data. Evidence outlives it for its statutory term."""
        return [self.destroy(owner, key_class) for key_class in (KeyClass.CREDENTIAL, KeyClass.DATA)]

    def bury(self) -> bool:
        """Make worthless what PostgreSQL keeps of destroyed keys in dead tuples and its log: every version
        that could open it is retired. Does nothing when there is nothing of the kind; whether there was."""
        if not self.keys.unburied():
            return False
        self.rotate_tenant()
        self.rotate_root()
        return True

    def proof_key(self) -> str:
        """The public key of destruction proofs (PEM)."""
        return self.keys.signer("destruction").public_key

    def service_key(self, name: str) -> bytes:
        """A random 32-byte key of the tenant for one named purpose (``audit``), the same in every process."""
        return self.keys.service_key(name)

    def signer(self, name: str) -> Signer:
        """The tenant's key pair for one named purpose (``consent``), in the deployment's suite, made on first
        use: the same in every process."""
        return self.keys.signer(name)

    def rotate_root(self) -> int:
        """A new root version wraps the tenant keys and the older ones open nothing; how many keys.

        Raises ``RootKeyUnavailable``; then nothing changed for any reader.
        """
        return rotation.rotate_root(self._tenant_keys.engine, self._tenant_keys.root)

    def rotate_tenant(self, moved: rotation.Moved = lambda _: None) -> int:
        """A new version of the tenant's key wraps every key of the tenant; how many keys. Records are not
        touched; what the older versions wrapped is refused from then on."""
        return rotation.rotate_tenant(self._tenant_keys, moved)

    # --- for the vault's own tables ---

    @contextmanager
    def at_work(self, key: bytearray, form: int = 0) -> Iterator[RecordKey]:
        """A class key, to seal and unseal with while the block runs; it is overwritten at once."""
        try:
            lent = RecordKey(self.suite, key, form)
        finally:
            wipe(key)
        yield lent

    def seal_bytes(self, reference: Reference, content: bytes) -> bytes | bytearray:
        """A sealed record that the caller keeps in a table of the vault. Raises ``KeyDestroyed``."""
        with self.at_work(self.keys.sealing_key(reference.owner, reference.key_class)) as key:
            return key.seal(self.tenant, reference, content)

    def open_bytes(self, reference: Reference, sealed: bytes) -> bytes:
        """The content of ``seal_bytes``. Raises ``KeyDestroyed`` or ``SealBroken``."""
        with self.at_work(self.keys.opening_key(reference.owner, reference.key_class)) as key:
            return key.unseal(self.tenant, reference, sealed)

    def settle(self, owner: str, key_class: KeyClass) -> None:
        """After something was kept: leave nothing of it when the key was destroyed meanwhile.

        Raises ``KeyDestroyed``.
        """
        if not self.keys.alive(owner, key_class):
            self._sweep(owner, key_class)
            raise KeyDestroyed

    def fingerprint(self, owner: str, content: bytes) -> bytes:
        """32 bytes under the owner's credential key: equal contents of one owner, equal fingerprints."""
        with self.at_work(self.keys.sealing_key(owner, KeyClass.CREDENTIAL)) as key:
            return key.fingerprint(self.tenant, owner, content)

    def _sweep(self, owner: str, key_class: KeyClass) -> None:
        """Delete what a destroyed key sealed."""
        with self.engine.begin() as connection:
            for table in (tables.record, tables.chunk):
                owned = self._owned(table, owner) & (table.c.key_class == key_class)
                connection.execute(delete(table).where(owned))
            if key_class is KeyClass.CREDENTIAL:
                connection.execute(delete(tables.session).where(self._owned(tables.session, owner)))
                connection.execute(
                    update(tables.secret).where(self._owned(tables.secret, owner)).values(sealed=None)
                )

    def _put(self, reference: Reference, sealed: bytes | bytearray) -> bool:
        """Whether it is stored; False when another process made this revision first."""
        if reference.revision == 1:
            try:
                with self.engine.begin() as connection:
                    connection.execute(insert(tables.record).values(self._row(reference, sealed)))
            except IntegrityError:
                return False
            return True
        former = replace(reference, revision=reference.revision - 1)
        overwrite = update(tables.record).where(self._at(former))
        with self.engine.begin() as connection:
            done = connection.execute(overwrite.values(revision=reference.revision, sealed=sealed))
        return done.rowcount == 1

    def _revision(self, owner: str, kind: str, key_class: KeyClass, id_: str) -> int:
        columns = tables.record.c
        place = (columns.key_class == key_class) & (columns.kind == kind) & (columns.id == id_)
        with self.engine.connect() as connection:
            query = select(columns.revision).where(self._owned(tables.record, owner) & place)
            return connection.execute(query).scalar() or 0

    def _row(self, reference: Reference, sealed: bytes | bytearray) -> dict[str, object]:
        return {**self._place(reference), "sealed": sealed}

    def _place(self, reference: Reference) -> dict[str, object]:
        return {
            "tenant": self.tenant,
            "owner": reference.owner,
            "key_class": reference.key_class.value,
            "kind": reference.kind,
            "id": reference.id,
            "revision": reference.revision,
        }

    def _at(self, reference: Reference) -> ColumnElement[bool]:
        return and_(*(tables.record.c[name] == value for name, value in self._place(reference).items()))

    def _owned(self, table: Table, owner: str) -> ColumnElement[bool]:
        return (table.c.tenant == self.tenant) & (table.c.owner == owner)
