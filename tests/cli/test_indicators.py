"""docs/indicators.md is the catalogue as it is measured."""

from __future__ import annotations

from pathlib import Path

from cli.indicators import page
from scoring.indicators import CATALOGUE

DOCS = Path(__file__).parents[2] / "docs" / "indicators.md"


def test_the_page_is_current() -> None:
    assert DOCS.read_text("utf-8") == page(), "write it anew: python -m cli.indicators > docs/indicators.md"


def test_every_indicator_has_its_row_with_a_definition() -> None:
    rows = [line.split(" | ") for line in page().splitlines() if line.startswith("| `")]
    assert {cells[0].strip("| `") for cells in rows} == set(CATALOGUE)
    assert [cells[0] for cells in rows if not cells[2].endswith(".")] == []
