"""An invoice that several sources tell is one invoice, of the better source."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from normalizers.invoices.sources import merged
from schema.tables import conform

NUMBER = "24440000000000000001"


def part(parser: str, *rows: dict[str, Any], lines: int = 1) -> dict[str, pl.DataFrame]:
    usual = {
        "direction": "out",
        "number": NUMBER,
        "issued_at": datetime(2024, 1, 2, 10),
        "has_time": True,
        "amount_fen": 100,
        "tax_fen": 13,
        "total_fen": 113,
        "state": "valid",
        "seller_id": "S",
        "parser": f"{parser}/1",
        "code": None,
    }
    made = [usual | {"invoice_key": f"key {nth}"} | row for nth, row in enumerate(rows or ({},))]
    own = [
        {"invoice_key": row["invoice_key"], "line": nth, "parser": parser}
        for row in made
        for nth in range(lines)
    ]
    kinds = {"invoice_key": pl.String, "line": pl.Int32, "parser": pl.String}
    return {
        "invoice": conform("invoice", pl.DataFrame(made, infer_schema_length=None)),
        "invoice_line": conform("invoice_line", pl.DataFrame(own, schema=kinds)),
    }


def test_the_tax_authoritys_document_goes_before_the_list_and_takes_the_direction_from_it() -> None:
    tables, findings = merged(
        [part("invoice.register"), part("invoice.digital_xml", {"direction": None}, lines=2)]
    )
    (row,) = tables["invoice"].to_dicts()
    assert (row["parser"], row["direction"], row["invoice_key"]) == (
        "invoice.digital_xml/1",
        "out",
        f"out::{NUMBER}:1",
    )
    assert tables["invoice_line"]["invoice_key"].to_list() == [row["invoice_key"]] * 2
    assert [finding.code for finding in findings] == ["source_repeats"]


def test_a_source_with_lines_goes_before_one_without() -> None:
    tables, _ = merged([part("invoice.digital_xml", lines=0), part("gateway.invoice")])
    assert tables["invoice"]["parser"].to_list() == ["gateway.invoice/1"]


def test_where_sources_differ_is_a_finding() -> None:
    tables, findings = merged(
        [part("gateway.invoice"), part("invoice.register", {"total_fen": 999, "tax_fen": 899})]
    )
    assert tables["invoice"]["total_fen"].to_list() == [113]
    (conflict,) = [finding for finding in findings if finding.code == "source_conflict"]
    assert conflict.detail == "invoices differ: tax_fen of 1, total_fen of 1"


def test_a_day_agrees_with_a_moment_of_it_and_an_untold_party_with_any() -> None:
    other = {"issued_at": datetime(2024, 1, 2), "has_time": False, "seller_id": None}
    _, findings = merged([part("gateway.invoice"), part("invoice.pdf", other)])
    assert [finding.code for finding in findings] == ["source_repeats"]


def test_rows_that_one_source_repeats_stay() -> None:
    tables, findings = merged(
        [part("gateway.invoice", {}, {}), part("invoice.pdf", {"number": "24" + "0" * 18})]
    )
    assert tables["invoice"].height == 3
    assert tables["invoice"]["invoice_key"].n_unique() == 3
    assert not findings


def test_a_number_without_a_code_is_no_identity() -> None:
    """The contest's lists have no codes, and numbers of eight digits are many companies'."""
    tables, _ = merged(
        [part("gateway.invoice", {"number": "12345678"}), part("invoice.pdf", {"number": "12345678"})]
    )
    assert tables["invoice"].height == 2
