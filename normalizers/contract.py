"""What a payload must look like, as data: the columns of each list in it and their types.

A missing or retyped field raises ``ContractChanged`` for the dataset, which names every place that differs;
a field nobody knows is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from schema.contract import Change, ChangeKind
from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.snapshot import Finding, Severity

TEXT, COUNT = pl.String(), pl.Int64()
NEW_FIELD = "new_field"
"""The code of a finding whose detail is the place of a field that nobody knows."""


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

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that must be present."""
        return (*self.required, *self.nullable, *sorted(self.lists))


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
            raise changed(shape, {name: f"is empty in {empty} of {frame.height} records"})
    known = pl.DataFrame(
        [
            column.cast(columns[column.name]) if column.dtype == pl.Null else column
            for column in map(frame.get_column, (*columns, *sorted(shape.lists)))
        ]
    )
    return known, [
        Finding(NEW_FIELD, Severity.INFO, dataset, f"{shape.name}.{name}")
        for name in _strangers(schema, shape)
    ]


def check_types(schema: Mapping[str, pl.DataType], shape: Shape) -> None:
    """Whether every column is there in its type. Raises ``ContractChanged``."""
    if missing := [name for name in shape.names if name not in schema]:
        raise lacking(shape.name, missing, _strangers(schema, shape))
    retyped = {
        name: f"is {schema[name]}, not {dtype}"
        for name, dtype in {**shape.required, **shape.nullable}.items()
        if schema[name] != dtype and not (schema[name] == pl.Null and name in shape.nullable)
    }
    retyped |= {name: "is no list" for name in shape.lists if not isinstance(schema[name], pl.List)}
    if retyped:
        raise changed(shape, retyped)


def lacking(place: str, missing: Iterable[str], strangers: Iterable[str] = ()) -> ContractChanged:
    """The cause for fields that are gone; ``strangers`` stand there that nobody knows."""
    missing = list(missing)
    changes = [Change(ChangeKind.MISSING, f"{place}.{name}") for name in missing]
    changes += [Change(ChangeKind.NEW, f"{place}.{name}") for name in strangers]
    return ContractChanged(f"{place} lacks {', '.join(missing)}", changes=changes)


def changed(shape: Shape, retyped: Mapping[str, str]) -> ContractChanged:
    """The cause for fields that are there in another type."""
    told = "; ".join(f"{name} {how}" for name, how in retyped.items())
    changes = [Change(ChangeKind.RETYPED, f"{shape.name}.{name}", how) for name, how in retyped.items()]
    return ContractChanged(f"{shape.name}: {told}", changes=changes)


def retyped_at(pointer: str, name: str, how: str) -> ContractChanged:
    """The cause for one field that is there in another type, with its place."""
    return ContractChanged(f"{pointer} {how}", changes=[Change(ChangeKind.RETYPED, name, how)])


def missing_values(table: str, name: str, place: str) -> ContractChanged:
    """The cause for a field that must have a value and has none."""
    changes = [Change(ChangeKind.RETYPED, f"{table}.{name}", "is empty")]
    return ContractChanged(f"{place}: {table}.{name} is empty", changes=changes)


def changed_width(place: str, name: str, found: int, wanted: int) -> ContractChanged:
    """The cause for a line whose fields nobody can name."""
    how = f"has {found} fields, not {wanted}"
    return ContractChanged(f"{place}: {name} {how}", changes=[Change(ChangeKind.RETYPED, name, how)])


def _strangers(schema: Mapping[str, pl.DataType], shape: Shape) -> list[str]:
    known = set(shape.names)
    return [name for name in schema if name not in known]
