"""Every format of the delivery portal has example files and the rows expected of them beside them."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import normalizers.filedrop
from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.tables import PROVENANCE
from tests.normalizers.filedrop.conftest import raw

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = sorted(path.name for path in GOLDEN.iterdir() if path.suffix in (".csv", ".xlsx"))
FORMATS = {
    source_format
    for module in iter_modules(normalizers.filedrop.__path__, "normalizers.filedrop.")
    for source_format in getattr(import_module(module.name), "FORMATS", ())
}


def test_no_format_is_without_an_example() -> None:
    assert FORMATS
    assert {name.rpartition(".")[0] for name in EXAMPLES} == FORMATS
    assert {name.rpartition(".")[2] for name in EXAMPLES} == {"csv", "xlsx"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_gives_exactly_the_expected_rows(name: str) -> None:
    dataset = Dataset(name.split(".")[1])
    page = raw(dataset, (GOLDEN / name).read_bytes(), name, total=None)
    tables = normalize(dataset, [page], ["raw/0"]).tables
    dropped = [column for column in PROVENANCE if column != "pointer"]
    rows = {table: json.loads(frame.drop(dropped).write_json()) for table, frame in tables.items()}
    assert rows == json.loads((GOLDEN / f"{name}.expected.json").read_text("utf-8"))
