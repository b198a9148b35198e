"""The contract of the bank's data hub: how a dataset that no tax portal has is written as JSON.

A record has every column of its table but the provenance, always; what is not told is null. Dates are ISO
8601, money is decimal text in yuan (``amount_yuan`` for ``amount_fen``), words are those of the schema. A
dataset has one version, which grows when a field is renamed, retyped or taken away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import isfinite
from typing import Any

from schema.catalogue import ROWS, TABLES_OF
from schema.dataset import Dataset
from schema.money import fen, yuan
from schema.tables import PROVENANCE, bare
from schema.terms import Term

VERSIONS: Mapping[Dataset, int] = {
    Dataset.REGISTRATION: 1,
    Dataset.JUDICIAL_RECORD: 1,
    Dataset.CREDIT_REPORT: 1,
    Dataset.ELECTRICITY_BILL: 1,
    Dataset.INTELLECTUAL_PROPERTY: 1,
    Dataset.SOCIAL_INSURANCE: 1,
}
"""What a hub may serve, and in which version."""
_MONEY, _DATE = re.compile(r"-?\d{1,17}(\.\d{1,2})?"), re.compile(r"\d{4}-\d{2}-\d{2}")
_FEN = "_fen"
_ENVELOPE: Mapping[str, Any] = {
    "contract": {"type": "string"},
    "company": {"type": "string", "description": "统一社会信用代码"},
    "from": {"type": "string", "format": "date"},
    "to": {"type": "string", "format": "date"},
    "records": {"type": "integer", "description": "of all tables together"},
}


@dataclass(frozen=True)
class Field:
    """One field of a record: its column, its key, and how a value of it is read.

    ``read`` raises ``ValueError`` with what it should be for a value of another type or outside the words.
    """

    column: str
    key: str
    required: bool
    json: Mapping[str, Any]
    read: Callable[[Any], Any]


def contract(dataset: Dataset) -> str:
    """E.g. ``registration/1``."""
    return f"{dataset}/{VERSIONS[dataset]}"


@cache
def fields(table: str) -> tuple[Field, ...]:
    """The fields of a record, in the order of the columns."""
    model = ROWS[table].model_fields
    return tuple(
        _field(name, bare(each.annotation), each.is_required())
        for name, each in model.items()
        if name not in PROVENANCE
    )


def record(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by column, as the hub writes them; one that is not given is null."""
    written: dict[str, Any] = {}
    for each in fields(table):
        value = values.get(each.column)
        if value is not None and each.column.endswith(_FEN):
            value = f"{yuan(value)}"
        written[each.key] = value.isoformat() if isinstance(value, date) else value
    return written


def answer(
    dataset: Dataset,
    company: str,
    days: tuple[date, date],
    tables: Mapping[str, Iterable[Mapping[str, Any]]],
) -> dict[str, Any]:
    """A whole answer; a table that is not given is empty."""
    listed = {name: [record(name, row) for row in tables.get(name, ())] for name in TABLES_OF[dataset]}
    return {
        "contract": contract(dataset),
        "company": company,
        "from": days[0].isoformat(),
        "to": days[1].isoformat(),
        "records": sum(map(len, listed.values())),
        "tables": listed,
    }


def json_schema(dataset: Dataset) -> dict[str, Any]:
    """The contract as JSON Schema."""
    tables = {name: _record_schema(name) for name in TABLES_OF[dataset]}
    envelope = {**_ENVELOPE, "contract": {"const": contract(dataset)}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": contract(dataset),
        "type": "object",
        "required": [*envelope, "tables"],
        "properties": {
            **envelope,
            "tables": {"type": "object", "required": list(tables), "properties": tables},
        },
    }


def _record_schema(table: str) -> dict[str, Any]:
    known = fields(table)
    properties = {
        each.key: each.json if each.required else {"anyOf": [each.json, {"type": "null"}]} for each in known
    }
    one = {"type": "object", "required": [each.key for each in known], "properties": properties}
    return {"type": "array", "items": one}


def _field(name: str, kind: Any, required: bool) -> Field:
    if name.endswith(_FEN):
        money = {"type": "string", "pattern": f"^{_MONEY.pattern}$"}
        return Field(name, f"{name.removesuffix(_FEN)}_yuan", required, money, _money)
    if issubclass(kind, Term):
        return Field(name, name, required, {"enum": list(map(str, kind))}, lambda value: _word(kind, value))
    shape, read = _PLAIN[kind] if kind in _PLAIN else _PLAIN[int]
    return Field(name, name, required, shape, read)


def _money(value: Any) -> int:
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise ValueError("is no amount in yuan")
    return fen(value)


def _word(kind: type[Term], value: Any) -> str:
    if value not in set(map(str, kind)):
        raise ValueError("is none of its words")
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("is no date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("is no date") from None


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        raise ValueError("is no count")
    return value


def _measure(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise ValueError("is no number")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


_PLAIN: Mapping[object, tuple[Mapping[str, Any], Callable[[Any], Any]]] = {
    str: ({"type": "string"}, _text),
    date: ({"type": "string", "format": "date"}, _day),
    int: ({"type": "integer"}, _count),
    float: ({"type": "number"}, _measure),
    bool: ({"type": "boolean"}, _flag),
}
