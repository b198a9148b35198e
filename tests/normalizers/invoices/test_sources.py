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
        "pointer": "A1",
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


def test_where_sources_differ_is_kept_beside_the_invoice_that_counts() -> None:
    tables, _ = merged(
        [
            part("gateway.invoice"),
            part("invoice.register", {"total_fen": 999, "tax_fen": 899, "pointer": "A9"}),
        ]
    )
    assert tables["invoice"]["total_fen"].to_list() == [113]
    (again,) = tables["invoice_repeat"].to_dicts()
    assert (again["invoice_key"], again["differs"]) == (f"out::{NUMBER}:1", "tax_fen total_fen")
    assert (again["total_fen"], again["parser"], again["pointer"]) == (999, "invoice.register/1", "A9")


def test_a_file_that_says_otherwise_never_goes_before_the_portals_answer() -> None:
    answer = part("gateway.invoice", {"route": "api"}, lines=0)
    for changed in ({"total_fen": 11300}, {"seller_id": "T"}, {"issued_at": datetime(2024, 1, 3)}):
        tables, _ = merged([answer, part("invoice.digital_xml", changed)])
        assert tables["invoice"]["parser"].to_list() == ["gateway.invoice/1"], changed
        assert tables["invoice_line"].height == 0
        assert tables["invoice_repeat"]["differs"].to_list() == list(changed)
    tables, _ = merged([answer, part("invoice.digital_xml")])
    assert tables["invoice"]["parser"].to_list() == ["invoice.digital_xml/1"], "it agrees, and has lines"
    assert tables["invoice_repeat"]["differs"].to_list() == [None]


def test_a_document_cannot_tell_that_it_was_voided_or_offset_later() -> None:
    listed = part("gateway.invoice", {"state": "void", "reddened": "part", "route": "api"})
    tables, _ = merged([part("invoice.digital_xml", {"reddened": None}), listed])
    (row,) = tables["invoice"].to_dicts()
    assert (row["parser"], row["state"], row["reddened"]) == ("invoice.digital_xml/1", "void", "part")
    assert tables["invoice_repeat"]["differs"].to_list() == [None]
    tables, _ = merged([listed, part("invoice.register")])
    assert tables["invoice"]["state"].to_list() == ["void"]
    assert tables["invoice_repeat"]["differs"].to_list() == ["state"], "two lists that differ"


def test_what_was_merged_before_stays_on_record_when_a_better_source_comes() -> None:
    handed, _ = merged([part("invoice.register", {"tax_fen": 14}), part("invoice.pdf")])
    assert handed["invoice_repeat"]["differs"].to_list() == ["tax_fen"]
    tables, _ = merged([part("gateway.invoice", {"route": "api"}), handed])
    assert tables["invoice"]["tax_fen"].to_list() == [13]
    again = tables["invoice_repeat"].sort("parser")
    assert again.select("parser", "differs").rows() == [
        ("invoice.pdf/1", None),
        ("invoice.register/1", "tax_fen"),
    ]
    assert set(again["invoice_key"]) == {f"out::{NUMBER}:1"}


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
