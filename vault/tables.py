"""The vault's tables: wrapped keys in one database, sealed records in another.

They are apart because a destroyed key must leave no trace: the keys' database is small, overwrites what it
deletes, and is never part of a backup of the data.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

keys = MetaData()
records = MetaData()

_NAME = 128
_Serial = BigInteger().with_variant(Integer(), "sqlite")

tenant_key = Table(
    "tenant_key",
    keys,
    Column("tenant", String(_NAME), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("suite", String(16), nullable=False),
    Column("root", String(_NAME), nullable=False),
    Column("floor", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
"""``root`` is the name of the root that wrapped it. ``floor`` is the lowest version in use: bound to the
newest row's ``wrapped``, so that lowering it makes the row unreadable. ``wrapped`` is empty once
retired."""

class_key = Table(
    "class_key",
    keys,
    # Appended in the order of a serial, so that SQLite never moves a row to another page and leaves a copy
    # behind.
    Column("serial", _Serial, primary_key=True),
    Column("tenant", String(_NAME), nullable=False),
    Column("owner", String(_NAME), nullable=False),
    Column("key_class", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Unique("tenant", "owner", "key_class"),
)
"""``wrapped`` is all zeros once destroyed: an overwrite of the same length happens in place, as does
rewrapping."""

service_key = Table(
    "service_key",
    keys,
    Column("tenant", String(_NAME), primary_key=True),
    Column("name", String(_NAME), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

destruction = Table(
    "destruction",
    keys,
    Column("tenant", String(_NAME), primary_key=True),
    Column("owner", String(_NAME), primary_key=True),
    Column("key_class", String(16), primary_key=True),
    Column("tenant_version", Integer, nullable=False),
    Column("proof", Text, nullable=False),
)
"""``tenant_version`` is the newest at the time: while it is, a copy of the wrapped key that a database kept
could still be opened."""

record = Table(
    "vault_record",
    records,
    Column("serial", _Serial, primary_key=True),
    Column("tenant", String(_NAME), nullable=False),
    Column("owner", String(_NAME), nullable=False),
    Column("key_class", String(16), nullable=False),
    Column("kind", String(_NAME), nullable=False),
    Column("id", String(_NAME), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Unique("tenant", "owner", "key_class", "kind", "id"),
)

session = Table(
    "vault_session",
    records,
    Column("tenant", String(_NAME), primary_key=True),
    Column("owner", String(_NAME), primary_key=True),
    Column("region", String(16), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

secret = Table(
    "vault_secret",
    records,
    Column("id", String(_NAME), primary_key=True),
    Column("tenant", String(_NAME), nullable=False),
    Column("owner", String(_NAME), nullable=False),
    Column("kind", String(_NAME), nullable=False),
    Column("state", String(16), nullable=False),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("sealed", LargeBinary),
    Index("vault_secret_owner", "tenant", "owner"),
)

chunk = Table(
    "vault_chunk",
    records,
    Column("serial", _Serial, primary_key=True),
    Column("tenant", String(_NAME), nullable=False),
    Column("owner", String(_NAME), nullable=False),
    Column("key_class", String(16), nullable=False),
    Column("kind", String(_NAME), nullable=False),
    Column("id", String(_NAME), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Unique("tenant", "owner", "key_class", "kind", "id", "number"),
)
"""A content larger than memory, piece by piece: see ``vault.stream``."""
