"""The log's rows, as they are held: in order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Select, select

from store.audit_table import audit_checkpoint, audit_opening, audit_record
from verifier.chain import Opening, Record

_PAGE = 5000
_COLUMNS = [audit_record.c[name] for name in Record._fields]
_BOTH = select(*_COLUMNS, *(audit_opening.c[name] for name in Opening._fields)).select_from(
    audit_record.outerjoin(audit_opening, audit_opening.c.seq == audit_record.c.seq)
)
Held = tuple[Record, Opening | None]


def records(connection: Connection, until: int, after: int | None = None) -> Iterator[Held]:
    """Every record up to the number ``until``, with what it is about as far as that may still be known."""
    column = audit_record.c.seq
    while True:
        later = column <= until if after is None else (column > after) & (column <= until)
        page = _held(connection, _BOTH.where(later).order_by(column).limit(_PAGE))
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1][0].seq


def of_subject(connection: Connection, subject: str, until: int) -> list[Held]:
    """The records about one subject, up to the number ``until``."""
    mine = (audit_opening.c.subject == subject) & (audit_record.c.seq <= until)
    return _held(connection, _BOTH.where(mine).order_by(audit_record.c.seq))


def checkpoints(connection: Connection) -> Iterator[tuple[int, str]]:
    """(size, note) of the signed checkpoints, the smallest first."""
    for row in connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size)):
        yield row.size, row.note


def newest_checkpoint(connection: Connection, size: int | None = None) -> str | None:
    """The note of the largest checkpoint, or of the smallest that covers ``size`` records."""
    table = audit_checkpoint
    query = select(table.c.note).order_by(table.c.size.desc())
    if size is not None:
        query = select(table.c.note).where(table.c.size >= size).order_by(table.c.size)
    return connection.scalar(query.limit(1))


def _held(connection: Connection, query: Select[tuple[object, ...]]) -> list[Held]:
    width = len(_COLUMNS)
    return [
        (Record._make(row[:width]), None if row[-1] is None else Opening._make(row[width:]))
        for row in connection.execute(query)
    ]
