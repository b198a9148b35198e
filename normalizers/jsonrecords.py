"""A JSON list of records, each with a list of its own perhaps, in columns.

A list whose keys and kinds are exactly the contract's is read with the contract's types, which is quick; any
other with the types that it has, so that what differs can be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from normalizers.contract import COUNT, Shape, check_types
from normalizers.keyscan import Keys
from schema.errors import ContractChanged, DataCorrupt

_WHOLE = 2**53
"""Beyond it a float has no place for every whole number."""


@dataclass(frozen=True)
class Records:
    """``rows`` as they were read, the records ``within`` them, and how many each row has: ``lengths``."""

    rows: pl.DataFrame
    within: pl.DataFrame
    lengths: pl.Series


@dataclass(frozen=True)
class RecordList:
    """Lists of ``record``, which has one list of ``inner`` or none."""

    record: Shape
    inner: Shape | None = None

    def read(self, content: bytes, where: str) -> Records:
        """Raises ``DataCorrupt`` for what is no JSON of records, ``ContractChanged`` for a list within that
        is none. Columns are as they came: they are still to be checked."""
        return self._expected(content) or self._found(content, where)

    def _expected(self, content: bytes) -> Records | None:
        """The records, where they are exactly what the contract says; else None."""
        try:
            rows = pl.read_json(content, schema=self._schema)
        except pl.exceptions.PolarsError:
            return None
        found = self._parted(rows)
        objects = {self.record.name: rows.height}
        if self.inner is not None:
            objects[self.inner.name] = found.within.height
        if not rows.height or not self._keys.fit(content, objects):
            return None
        counted = _counted(found.rows, self.record)
        within = found.within if self.inner is None else _counted(found.within, self.inner)
        if counted is None or within is None:
            return None
        return Records(counted, within, found.lengths)

    def _found(self, content: bytes, where: str) -> Records:
        try:
            rows = pl.read_json(content, infer_schema_length=None)
        except pl.exceptions.PolarsError:
            if content[1:].lstrip()[:1] not in (b"{", b""):
                raise ContractChanged(f"{self.record.name} are no objects") from None
            raise DataCorrupt(f"{where}: {len(content)} bytes are no JSON of records") from None
        if rows.height:
            check_types(rows.schema, self.record)
        return self._parted(rows)

    def _parted(self, rows: pl.DataFrame) -> Records:
        """Raises ``ContractChanged`` where the list within holds no objects."""
        if self.inner is None or not rows.height:
            return Records(rows, pl.DataFrame(), pl.Series([], dtype=pl.UInt32))
        (name,) = self.record.lists
        lists = rows.get_column(name)
        each = lists.explode(empty_as_null=False)
        if each.dtype != pl.Null and not isinstance(each.dtype, pl.Struct):
            raise ContractChanged(f"{self.inner.name} are no objects")
        within = each.struct.unnest() if isinstance(each.dtype, pl.Struct) else pl.DataFrame()
        return Records(rows, within, lists.list.len().fill_null(1))

    @cached_property
    def _keys(self) -> Keys:
        return Keys(self.record, *([] if self.inner is None else [self.inner]))

    @cached_property
    def _schema(self) -> Mapping[str, pl.DataType]:
        """What the records are read with. A count is read as any number: as a whole one it would lose its
        fraction unseen."""
        fields = _numbers(self.record)
        if self.inner is not None:
            (within,) = self.record.lists
            fields[within] = pl.List(pl.Struct(_numbers(self.inner)))
        return fields


def _numbers(shape: Shape) -> dict[str, pl.DataType]:
    fields = {**shape.required, **shape.nullable}
    return {name: pl.Float64() if dtype == COUNT else dtype for name, dtype in fields.items()}


def _counted(frame: pl.DataFrame, shape: Shape) -> pl.DataFrame | None:
    """With whole numbers where the shape has counts; None where a number is not whole."""
    # Without a query: a page is small, and a query costs more than its work.
    for place, name in enumerate(frame.columns):
        if COUNT not in (shape.required.get(name), shape.nullable.get(name)):
            continue
        number = frame.get_column(name)
        printed = number.drop_nulls().to_numpy()
        if not ((printed == np.floor(printed)) & (np.abs(printed) < _WHOLE)).all():
            return None
        frame.replace_column(place, number.cast(COUNT))
    return frame
