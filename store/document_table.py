"""Files that somebody handed in, each once an authorization. The file and its name are sealed; of one that
was refused nothing is kept but its digest and why."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, ForeignKey, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from store.metadata import metadata
from store.types import Instant

document = Table(
    "document",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("authorization_id", String(40), ForeignKey("authorization.id"), nullable=False),
    Column("state", String(8), nullable=False),  # kept | refused
    Column("sha256", String(64), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("consent_id", String(40)),  # the consent that it is kept under, whose key seals it
    Column("dataset", String(24)),
    Column("format", String(48)),
    Column("rows", Integer),
    Column("first_day", Date),
    Column("last_day", Date),
    Column("findings", JSON, nullable=False),  # [{code, severity, dataset, detail}]
    Column("error_code", String(48)),  # why it was refused
    Column("detail", Text),
    Column("page_ref", String(160)),  # vault reference: the file
    Column("name_ref", String(160)),  # vault reference: its name
    Column("handed_by", String(64), nullable=False),
    Column("handed_at", Instant, nullable=False),
    Column("run", Integer),  # the first whose snapshot has it
    Unique("authorization_id", "sha256", name="document_once"),
)
