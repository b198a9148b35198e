"""What every row of the common schema has: exact types and its provenance."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, Strict

from schema.dataset import Route


class Width:
    """Marks an integer whose column has 32 bits."""


Fen = Annotated[int, Strict(), Field(ge=-(2**63), lt=2**63)]
"""Money, exact, in fen. ``schema.money.yuan`` gives the ``Decimal``."""
Count = Annotated[int, Strict(), Field(ge=-(2**63), lt=2**63)]
Small = Annotated[int, Strict(), Field(ge=-(2**31), lt=2**31), Width]
Measure = Annotated[float, Field(allow_inf_nan=False)]
"""A measured value or a ratio, never money."""
Local = NaiveDatetime
"""Beijing time as printed."""
Instant = AwareDatetime


def required(zh: str, more: str = "") -> Any:
    """A column that is never null. ``zh`` is its term, ``more`` what the name and the term do not say."""
    return Field(description=more, json_schema_extra={"zh": zh})


def told(zh: str, more: str = "") -> Any:
    """A column that is null where the source does not tell it."""
    return Field(default=None, description=more, json_schema_extra={"zh": zh})


class Provenance(BaseModel):
    """Where a row came from: any figure can be traced to its place in a sealed page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str | None = told("地区", "GB/T 2260 prefix; null for a file that was handed over")
    route: Route | None = told("通道", "null for a file that was handed over")
    raw_ref: str = required("原件", "vault reference of the sealed raw page")
    pointer: str = required("出处", "JSON pointer, cell or line within the page")
    parser: str = required("解析器", "name and version, e.g. `gateway.invoice/1`")
    fetched_at: Instant = required("取得时间", "UTC")


class Row(Provenance):
    """A row of one table. Its columns are the fields of its own, then those of ``Provenance``."""
