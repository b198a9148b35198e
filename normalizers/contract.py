"""What a payload must look like, as data: the columns of each list in it and their types.

A missing or retyped field raises ``ContractChanged`` for the dataset; a field nobody knows is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.snapshot import Finding, Severity

TEXT, COUNT = pl.String(), pl.Int64()


@dataclass(frozen=True)
class Shape:
    """The columns of one list of records.

    ``required`` are present and never null; ``nullable`` are present, and may be null; ``lists`` are nested
    lists, checked with shapes of their own.
    """

    name: str
    required: dict[str, pl.DataType]
    nullable: dict[str, pl.DataType] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()


def check(frame: pl.DataFrame, shape: Shape, dataset: Dataset) -> tuple[pl.DataFrame, list[Finding]]:
    """The frame with exactly the shape's columns in their types, and a finding for each further column.

    A frame without rows has no types to check. A JSON payload that mixes numbers into a text column of one
    page reads as text: the values are still checked one by one where they are converted. Raises
    ``ContractChanged``.
    """
    columns = {**shape.required, **shape.nullable}
    if frame.is_empty():
        return pl.DataFrame(schema={**columns, **{name: pl.List(pl.Null) for name in shape.lists}}), []
    schema = frame.schema
    check_types(schema, shape)
    # Column by column: most frames are one small page, where a query costs more than its work.
    for name in shape.required:
        if empty := frame.get_column(name).null_count():
            raise ContractChanged(f"{shape.name}: {name} is empty in {empty} of {frame.height} records")
    known = pl.DataFrame(
        [
            column.cast(columns[column.name]) if column.dtype == pl.Null else column
            for column in map(frame.get_column, (*columns, *sorted(shape.lists)))
        ]
    )
    strangers = [name for name in schema if name not in columns and name not in shape.lists]
    return known, [Finding("new_field", Severity.INFO, dataset, f"{shape.name}.{name}") for name in strangers]


def check_types(schema: Mapping[str, pl.DataType], shape: Shape) -> None:
    """Whether every column is there in its type. Raises ``ContractChanged``."""
    columns = {**shape.required, **shape.nullable}
    for name in (*columns, *shape.lists):
        if name not in schema:
            raise ContractChanged(f"{shape.name} lacks {name}")
    for name, dtype in columns.items():
        found = schema[name]
        if found != dtype and not (found == pl.Null and name in shape.nullable):
            raise ContractChanged(f"{shape.name}: {name} is {found}, not {dtype}")
    for name in shape.lists:
        if not isinstance(schema[name], pl.List):
            raise ContractChanged(f"{shape.name}: {name} is no list")
