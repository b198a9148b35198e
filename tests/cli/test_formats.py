"""docs/formats.md says what becomes of every real file. TAXLINK_REAL_DATA names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.formats import files, outcomes_of, row

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
REAL = Path(os.environ.get("TAXLINK_REAL_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="TAXLINK_REAL_DATA names no folder")


def test_the_page_is_current() -> None:
    """The contest's registers, a million rows, are read by the command alone; here they are looked for."""
    page = DOCS.read_text("utf-8")
    found = list(files(REAL))
    small = [path for path in found if path.suffix != ".gz"]
    again = "write it anew: python -m cli.formats FOLDER > docs/formats.md"
    assert all(row(outcome) in page for path in small for outcome in outcomes_of(REAL, path)), again
    assert all(f"`{path.relative_to(REAL)}".removesuffix(".gz") in page for path in found), again
    assert page.count("\n| `") == len(found), again
