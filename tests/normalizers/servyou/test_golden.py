"""Every format has an example of ours and the rows it must give."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import normalizers.servyou
from normalizers.registry import normalize
from schema.dataset import USUAL, Dataset, Route
from schema.period import Period
from schema.raw import RawPage
from schema.tables import PROVENANCE

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {
    source_format
    for module in iter_modules(normalizers.servyou.__path__, "normalizers.servyou.")
    for source_format in getattr(import_module(module.name), "FORMATS", ())
}
EXAMPLES = sorted(file for file in GOLDEN.iterdir() if "@" in file.name)
"""``<source format>@<serial>.json`` or ``.xml``; the serial ends the page's locator."""


def test_no_format_is_without_its_example() -> None:
    assert {file.name.partition("@")[0] for file in EXAMPLES} == FORMATS


@pytest.mark.parametrize("dataset", [*USUAL, Dataset.FINANCIAL_STATEMENT])
def test_the_examples_of_a_dataset_give_exactly_the_expected_rows(dataset: Dataset) -> None:
    names = (f"servyou.{dataset}@", f"servyou.{dataset}_")
    pages = [_page(dataset, file) for file in EXAMPLES if file.name.startswith(names)]
    found = normalize(dataset, pages, [f"raw/{page.sequence}" for page in pages])
    assert not found.findings
    dropped = [name for name in PROVENANCE if name != "pointer"]
    rows = {name: json.loads(frame.drop(dropped).write_json()) for name, frame in found.tables.items()}
    if dataset is Dataset.TAX_RETURN:  # most lines of a form are zero
        for name in ("tax_return_line", "tax_return_schedule_line"):
            rows[name] = [row for row in rows[name] if row["amount_fen"]]
    assert rows == json.loads((GOLDEN / f"{dataset}.expected.json").read_text("utf-8"))


def _page(dataset: Dataset, file: Path) -> RawPage:
    source_format, _, rest = file.name.partition("@")
    return RawPage(
        dataset=dataset,
        period=Period.model_validate({"start": "2025-01-01", "end": "2025-03-31"}),
        region="13",
        route=Route.API,
        source_format=source_format,
        locator=f"{source_format}/{rest.rpartition('.')[0].replace('~', '/')}",
        sequence=EXAMPLES.index(file),
        content=file.read_bytes(),
        content_type="text/xml" if file.suffix == ".xml" else "application/json",
        fetched_at=datetime(2025, 4, 1, tzinfo=UTC),
        portal_total=None,
    )
