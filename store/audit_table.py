"""The audit log's tables: the chained records, what each was about, the row that says where the chain ends,
and what is signed of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from store.metadata import metadata

audit_record = Table(
    "audit_record",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(200), nullable=False),
    Column("commitment", LargeBinary(32), nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
"""Never changed and never deleted."""

audit_opening = Table(
    "audit_opening",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(200), nullable=False, index=True),
    Column("data", Text, nullable=False),
    Column("salt", LargeBinary(32), nullable=False),
)
"""What the record of this number commits to. Deleted at the end of its term: nobody can tell then what the
record was about, and every proof still holds."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(8), nullable=False),  # sha256 | sm3, for the whole life of the chain
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)
"""One row: ``mac`` is keyed, so that nobody without the vault can shorten or rewrite the chain unseen."""

audit_subtree = Table(
    "audit_subtree",
    metadata,
    Column("height", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)
"""Roots of complete subtrees of 2^height records, height 8, 16 and so on: a proof reads hundreds of rows, not
all. They follow from the records and can be made anew."""

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
"""The signed checkpoints, as text."""
