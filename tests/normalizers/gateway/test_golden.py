"""Every format that the gateway's modules read has an example page and the rows expected of it beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import normalizers.gateway
from normalizers.registry import normalize
from schema.snapshot import TABLES_OF
from schema.tables import PROVENANCE
from tests.normalizers.gateway.conftest import raw

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {
    source_format
    for module in iter_modules(normalizers.gateway.__path__, "normalizers.gateway.")
    for source_format in getattr(import_module(module.name), "FORMATS", ())
}


DATASET_OF = {table: dataset for dataset, tables in TABLES_OF.items() for table in tables}


def test_no_format_is_without_its_pair() -> None:
    assert FORMATS
    for source_format in FORMATS:
        assert (GOLDEN / f"{source_format}.json").exists()
        assert (GOLDEN / f"{source_format}.expected.json").exists()


@pytest.mark.parametrize("source_format", sorted(FORMATS))
def test_the_example_gives_exactly_the_expected_rows(source_format: str) -> None:
    dataset = DATASET_OF[source_format.partition(".")[2]]
    page = raw(dataset, (GOLDEN / f"{source_format}.json").read_bytes(), "example", total=None)
    page = replace(page, source_format=source_format)
    tables = normalize(dataset, [page], ["raw/0"]).tables
    dropped = [name for name in PROVENANCE if name != "pointer"]
    rows = {name: json.loads(frame.drop(dropped).write_json()) for name, frame in tables.items()}
    assert rows == json.loads((GOLDEN / f"{source_format}.expected.json").read_text("utf-8"))
