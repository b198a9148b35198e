"""Warnings over time, and portfolios scored anew. The figures behind a warning are in the sealed score of its
run."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table

from store.metadata import metadata
from store.types import Instant

_BigId = BigInteger().with_variant(Integer, "sqlite")

warning = Table(
    "warning",
    metadata,
    Column("id", _BigId, primary_key=True, autoincrement=True),
    Column("authorization_id", String(40), ForeignKey("authorization.id"), nullable=False),
    Column("signal", String(8), nullable=False),
    Column("evidence_sha256", String(64), nullable=False),
    Column("severity", String(8), nullable=False),  # red | amber | yellow
    Column("escalated", Boolean, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("run", Integer, nullable=False),  # whose score holds the evidence
    Column("closed_at", Instant),
    Index("warning_authorization", "authorization_id"),
)

rescored = Table(
    "rescored",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("authorization_id", String(40), ForeignKey("authorization.id"), primary_key=True),
    Column("snapshot_id", String(40), nullable=False),
    Column("decision", String(16)),
    Column("points", Float),
    Column("grade", String(4)),
    Column("limit_fen", BigInteger),
    Column("annual_rate", Float),
    Column("error_code", String(60)),  # why it could not be scored, when it could not
    Column("policy_hash", String(64), nullable=False),
    Column("scored_at", Instant, nullable=False),
)
