"""The columnar half of the common schema: one Polars schema per table, made of the rows of the catalogue.

Money columns end in ``_fen`` (Int64, exact). Dates are dates, instants are UTC datetimes. Every table ends
with ``PROVENANCE``: a figure can be traced to the region, route, raw page and place that it came from.
A table may be empty; a column may never be absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import polars as pl

from schema.catalogue import ROWS
from schema.rows.row import Instant, Local, Provenance, Row, Width

Columns = dict[str, pl.DataType | type[pl.DataType]]

INSTANT = pl.Datetime("us", "UTC")
_DTYPES: Mapping[object, pl.DataType | type[pl.DataType]] = {
    str: pl.String,
    int: pl.Int64,
    float: pl.Float64,
    bool: pl.Boolean,
    date: pl.Date,
    Local: pl.Datetime("us"),
    Instant: INSTANT,
    Width: pl.Int32,
}


def bare(kind: Any) -> Any:
    """The type of a field itself: ``X`` of ``X | None``, ``Width`` for an integer of 32 bits."""
    if get_origin(kind) is Annotated:
        return Width if Width in kind.__metadata__ else bare(kind.__origin__)
    if kind in _DTYPES or isinstance(kind, type):
        return kind
    return bare(next(each for each in get_args(kind) if each is not type(None)))


def _dtype(kind: Any) -> pl.DataType | type[pl.DataType]:
    """A word of the field is text."""
    plain = bare(kind)
    return pl.String if issubclass(plain, StrEnum) else _DTYPES[plain]


def _columns(row: type[Provenance]) -> Columns:
    hints = get_type_hints(row, include_extras=True)
    return {name: _dtype(hints[name]) for name in row.model_fields}


PROVENANCE: Columns = _columns(Provenance)
TABLES: dict[str, Columns] = {
    name: {column: dtype for column, dtype in _columns(row).items() if column not in PROVENANCE} | PROVENANCE
    for name, row in ROWS.items()
}
REQUIRED: dict[str, tuple[str, ...]] = {
    name: tuple(column for column in columns if ROWS[name].model_fields[column].is_required())
    for name, columns in TABLES.items()
}
"""The columns of a table that are never null."""


def empty(table: str) -> pl.DataFrame:
    """The table with its columns and no rows."""
    return pl.DataFrame(schema=TABLES[table])


def conform(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame's columns in the table's order, absent ones as null.

    Raises ``ValueError`` for a column that the table does not have, ``polars.exceptions.PolarsError`` for a
    value that does not fit its type.
    """
    columns = TABLES[table]
    if list(frame.schema.items()) == list(columns.items()):
        return frame  # a snapshot holds dozens of tables, nearly all of them as they must be
    if foreign := [name for name in frame.columns if name not in columns]:
        raise ValueError(f"{table} has no column {', '.join(foreign)}")
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in columns.items()
    )


def unfilled(table: str, frame: pl.DataFrame) -> dict[str, int]:
    """The required columns that are null somewhere, and in how many rows."""
    empties = {name: frame.get_column(name).null_count() for name in REQUIRED[table]}
    return {name: count for name, count in empties.items() if count}


def rows(table: str, frame: pl.DataFrame) -> Iterator[Row]:
    """The rows of a table as models, one by one: for edges that need a checked row, never for bulk.

    Raises ``pydantic.ValidationError`` for a value outside its words.
    """
    model = ROWS[table]
    return (model.model_validate(row) for row in frame.iter_rows(named=True))
