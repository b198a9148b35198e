"""Registration, judicial records, credit reports, electricity, intellectual property and social insurance, as
the hub writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import polars as pl

from normalizers.contract import NEW_FIELD, lacking, retyped_at
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from schema.catalogue import TABLES_OF
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataConflict, DataCorrupt
from schema.hubcontract import VERSIONS, Field, contract, fields
from schema.snapshot import Finding, Severity
from schema.tables import TABLES

FORMATS = frozenset(f"datahub.{dataset}" for dataset in VERSIONS)


def read(pages: Sequence[Page]) -> Parsed:
    """Every table of the dataset, empty ones too."""
    dataset = pages[0].raw.dataset
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES_OF[dataset]}
    news: set[str] = set()
    counts = []
    for index, page in enumerate(pages):
        tables = _tables(page, dataset)
        counts.append(sum(map(len, tables.values())))
        for name, records in tables.items():
            parts[name].append(_frame(name, records, index))
            known = {each.key for each in fields(name)}
            news |= {f"{name}.{key}" for record in records for key in record.keys() - known}
    parser = f"datahub.{contract(dataset)}"
    return Parsed(
        {name: traced(pl.concat(frames), pages, parser) for name, frames in parts.items()},
        counts,
        tuple(Finding(NEW_FIELD, Severity.INFO, dataset, new) for new in sorted(news)),
    )


def _tables(page: Page, dataset: Dataset) -> Mapping[str, list[dict[str, Any]]]:
    """The lists of an answer. Raises ``DataCorrupt`` for what is no JSON, ``ContractChanged`` for another
    version or shape, ``DataConflict`` for a count that is not kept."""
    try:
        found = orjson.loads(page.raw.content)
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"{page.raw.locator}: {len(page.raw.content)} bytes are no JSON") from None
    if not isinstance(found, dict) or found.get("contract") != contract(dataset):
        raise ContractChanged(f"{page.raw.locator} is no {contract(dataset)}")
    tables = found.get("tables")
    if not isinstance(tables, dict):
        raise lacking(str(dataset), ["tables"])
    if missing := [name for name in TABLES_OF[dataset] if name not in tables]:
        raise lacking("/tables", missing)
    for name in TABLES_OF[dataset]:
        records = tables[name]
        if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
            raise retyped_at(f"/tables/{name}", name, "is no list of records")
    known = {name: tables[name] for name in TABLES_OF[dataset]}
    if (total := sum(map(len, known.values()))) != found.get("records"):
        raise DataConflict(f"{page.raw.locator}: {total} records where the hub counts {found.get('records')}")
    return known


def _frame(table: str, records: Sequence[Mapping[str, Any]], page: int) -> pl.DataFrame:
    columns = {
        each.column: [_value(table, place, each, record) for place, record in enumerate(records)]
        for each in fields(table)
    }
    schema = {name: TABLES[table][name] for name in columns}
    return pl.DataFrame(columns, schema=schema).with_columns(
        pl.Series("pointer", [f"/tables/{table}/{place}" for place in range(len(records))], dtype=pl.String),
        pl.lit(page, dtype=pl.Int64).alias("page"),
    )


def _value(table: str, place: int, field: Field, record: Mapping[str, Any]) -> Any:
    """Raises ``ContractChanged``, which names the JSON pointer."""
    if field.key not in record:
        raise lacking(f"/tables/{table}/{place}", [field.key])
    value = record[field.key]
    if value is None and not field.required:
        return None
    try:
        return field.read(value)
    except ValueError as error:
        raise retyped_at(f"/tables/{table}/{place}/{field.key}", f"{table}.{field.key}", str(error)) from None
