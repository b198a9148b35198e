"""Raw pages for the readers, from the example pages beside this file or from bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schema.dataset import Dataset, Route
from schema.period import Period
from schema.raw import RawPage

EXAMPLES = Path(__file__).parent / "examples"


@pytest.fixture
def raw():
    """``raw(dataset, source_format, content, …)``; content is bytes or the name of an example."""

    def made(dataset: Dataset, source_format: str, content: bytes | str, locator: str = "/etax", total=None):
        return RawPage(
            dataset=dataset,
            period=Period(start=date(2026, 1, 1), end=date(2026, 8, 31)),
            region="44",
            route=Route.RPA,
            source_format=source_format,
            locator=locator,
            sequence=1,
            content=(EXAMPLES / content).read_bytes() if isinstance(content, str) else content,
            content_type="text/html",
            fetched_at=datetime(2026, 9, 1, tzinfo=UTC),
            portal_total=total,
        )

    return made
