"""Every format that the platform's modules read has an example page and the rows expected of it beside it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import normalizers.oauth
from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.tables import PROVENANCE
from tests.normalizers.oauth.conftest import raw

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {
    source_format
    for module in iter_modules(normalizers.oauth.__path__, "normalizers.oauth.")
    for source_format in getattr(import_module(module.name), "FORMATS", ())
}


def test_no_format_is_without_its_pair() -> None:
    assert FORMATS
    for source_format in FORMATS:
        assert (GOLDEN / f"{source_format}.json").exists()
        assert (GOLDEN / f"{source_format}.expected.json").exists()


@pytest.mark.parametrize("source_format", sorted(FORMATS))
def test_the_example_gives_exactly_the_expected_rows(source_format: str) -> None:
    dataset = Dataset(source_format.partition(".")[2])
    page = raw(dataset, (GOLDEN / f"{source_format}.json").read_bytes(), "example", total=None)
    tables = normalize(dataset, [page], ["raw/0"]).tables
    dropped = [name for name in PROVENANCE if name != "pointer"]
    rows = {name: json.loads(frame.drop(dropped).write_json()) for name, frame in tables.items()}
    assert rows == json.loads((GOLDEN / f"{source_format}.expected.json").read_text("utf-8"))
