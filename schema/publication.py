"""The common schema as others read it: JSON Schema, and a page of documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from schema.catalogue import ROWS, TABLES_OF, VERSION
from schema.rows.row import Provenance
from schema.tables import PROVENANCE, TABLES, Columns, bare
from schema.terms import Term

_INTRODUCTION = f"""\
# The common schema

*Version {VERSION}. Written by `taxlink schema docs` from the code; do not edit.*

Every source, whatever its region, vendor or format, comes out as these tables. Money is exact: columns that
end in `_fen` hold whole fen, and the interface gives the yuan beside them as decimal text. A column in
**bold** is never null; any other is null where the source does not tell it. A dataset that could not be had
is *missing with a reason*, never empty and never zero. `taxlink schema export` writes it as JSON Schema.
"""


def json_schema() -> dict[str, Any]:
    """The rows of every table, as JSON Schema: an object with a list a table."""
    _, defined = models_json_schema(
        [(row, "serialization") for row in ROWS.values()], ref_template="#/$defs/{model}"
    )
    for name, row in ROWS.items():
        columns = defined["$defs"][row.__name__]["properties"]
        defined["$defs"][row.__name__]["properties"] = {column: columns[column] for column in TABLES[name]}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Taxlink common schema",
        "version": VERSION,
        "type": "object",
        "properties": {
            name: {"type": "array", "items": {"$ref": f"#/$defs/{row.__name__}"}}
            for name, row in ROWS.items()
        },
        **defined,
    }


def markdown() -> str:
    """The page: datasets, their tables, columns and words."""
    lines = [_INTRODUCTION]
    for dataset, tables in TABLES_OF.items():
        lines += [f"## {dataset.zh} `{dataset}`", ""]
        for name in tables:
            own = {column: dtype for column, dtype in TABLES[name].items() if column not in PROVENANCE}
            lines += [f"### `{name}`", "", *_described(ROWS[name], own), ""]
    lines += ["## Provenance", "", *_described(Provenance, PROVENANCE)]
    return "\n".join(lines) + "\n"


def _described(row: type[Provenance], columns: Columns) -> Iterator[str]:
    yield " ".join((row.__doc__ or "").split())
    yield from ("", "| column | term | type | meaning |", "|---|---|---|---|")
    for name, dtype in pl.Schema(columns).items():
        field = row.model_fields[name]
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        shown = f"**`{name}`**" if field.is_required() else f"`{name}`"
        meaning = "; ".join(filter(None, (field.description, _words(bare(field.annotation)))))
        yield f"| {shown} | {extra['zh']} | {dtype} | {meaning} |"


def _words(kind: type) -> str:
    return ", ".join(f"`{word}` {word.zh}" for word in kind) if issubclass(kind, Term) else ""
