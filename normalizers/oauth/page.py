"""What every page of the platform has at its head."""

from __future__ import annotations

import polars as pl

from normalizers.contract import COUNT, TEXT, Shape

OWNER: dict[str, pl.DataType] = {"taxpayerId": TEXT}


def paged(name: str, more: dict[str, pl.DataType] | None = None) -> Shape:
    """The shape of a page with ``items``."""
    return Shape(
        name,
        required=OWNER | {"count": COUNT} | (more or {}),
        nullable={"nextCursor": TEXT},
        lists=frozenset({"items"}),
    )
