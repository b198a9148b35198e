"""Of two readings of the same days the newer stands alone; keys are as if all had been read at once."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from normalizers.overlap import cut
from schema.tables import conform

MARCH, APRIL = datetime(2026, 3, 5, 10), datetime(2026, 4, 1, 0)


def invoices(*rows: tuple[str, str, datetime | None, str, str]) -> dict[str, pl.DataFrame]:
    """(raw reference, key, issued at, number, state), each with one line."""
    names = ("raw_ref", "invoice_key", "issued_at", "number", "state")
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.lit("out").alias("direction"))
    lines = pl.DataFrame({"invoice_key": frame["invoice_key"], "item_name": frame["state"]})
    return {"invoice": conform("invoice", frame), "invoice_line": conform("invoice_line", lines)}


def test_the_newer_observation_of_an_invoice_wins_and_older_ones_stay() -> None:
    found = cut(
        invoices(
            ("old", "out::7:1", MARCH, "7", "valid"),
            ("old", "out::8:1", APRIL, "8", "valid"),
            ("old", "out::9:1", None, "9", "valid"),
            ("new", "out::8:2", APRIL, "8", "void"),
            ("new", "out::7:2", APRIL, "7", "valid"),
        ),
        {"old": date(2026, 4, 1)},
    )
    rows = found["invoice"].select("invoice_key", "state", "raw_ref").rows()
    assert rows == [
        ("out::7:1", "valid", "old"),
        ("out::9:1", "valid", "old"),
        ("out::8:1", "void", "new"),
        ("out::7:2", "valid", "new"),
    ]
    assert found["invoice_line"].select("invoice_key", "item_name").rows() == [row[:2] for row in rows]
