"""Red invoices find the blue ones that they offset."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from normalizers.invoices.offsets import offsets, reddened
from schema.tables import conform


def invoices(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {
        "direction": "out",
        "seller_id": "S",
        "buyer_id": "B",
        "state": "valid",
        "tax_fen": 0,
        "code": None,
        "original_code": None,
        "original_number": None,
        "reddened": None,
    }
    filled = [
        usual | {"invoice_key": row["number"], "issued_at": datetime(2024, 1, 1) + timedelta(days=day)} | row
        for day, row in enumerate(rows)
    ]
    return conform("invoice", pl.DataFrame(filled, infer_schema_length=None))


def test_a_named_invoice_is_offset_in_full_or_in_part() -> None:
    found = invoices(
        {"number": "1", "total_fen": 100},
        {"number": "2", "total_fen": 100},
        {"number": "3", "total_fen": 100},
        {"number": "4", "total_fen": -100, "original_number": "1"},
        {"number": "5", "total_fen": -30, "original_number": "2"},
        {"number": "6", "total_fen": -30, "original_number": "2"},
    )
    filled, findings = reddened(found)
    assert filled["reddened"].to_list() == ["full", "part", None, None, None, None]
    assert offsets(found).select("red_key", "blue_key", "how").rows() == [
        ("4", "1", "number"),
        ("5", "2", "number"),
        ("6", "2", "number"),
    ]
    assert not findings


def test_the_code_tells_apart_invoices_of_one_number() -> None:
    found = invoices(
        {"number": "7", "invoice_key": "a", "code": "011", "total_fen": 100},
        {"number": "7", "invoice_key": "b", "code": "012", "total_fen": 100},
        {"number": "8", "total_fen": -100, "original_number": "7", "original_code": "012"},
    )
    assert offsets(found)["blue_key"].to_list() == ["b"]


def test_of_invoices_with_one_number_that_of_the_same_parties_is_meant() -> None:
    found = invoices(
        {"number": "7", "invoice_key": "a", "buyer_id": "B", "total_fen": 100},
        {"number": "7", "invoice_key": "b", "buyer_id": "C", "total_fen": 100},
        {"number": "8", "total_fen": -100, "original_number": "7"},
    )
    assert offsets(found)["blue_key"].to_list() == ["a"]


def test_parties_and_amounts_alone_are_a_guess_that_changes_no_invoice() -> None:
    found = invoices(
        {"number": "1", "total_fen": 100, "tax_fen": 13},
        {"number": "2", "total_fen": -100, "tax_fen": -13},
        {"number": "3", "total_fen": -100, "tax_fen": -13},
        {"number": "4", "total_fen": -999},
        {"number": "5", "total_fen": 999},
    )
    assert offsets(found).select("blue_key", "how").rows() == [("1", "guess"), (None, None), (None, None)]
    filled, findings = reddened(found)
    assert filled.equals(found)
    assert {finding.code for finding in findings} == {"red_guessed", "red_unmatched"}


def test_void_invoices_offset_nothing_and_are_not_offset() -> None:
    found = invoices(
        {"number": "1", "total_fen": 100, "state": "void"},
        {"number": "2", "total_fen": -100, "state": "void", "original_number": "1"},
        {"number": "3", "total_fen": -100, "original_number": "1"},
    )
    assert offsets(found).select("red_key", "blue_key").rows() == [("3", None)]


def test_more_taken_back_than_there_was_is_a_finding() -> None:
    found = invoices(
        {"number": "1", "total_fen": 100},
        {"number": "2", "total_fen": -100, "original_number": "1"},
        {"number": "3", "total_fen": -1, "original_number": "1"},
    )
    filled, findings = reddened(found)
    assert filled["reddened"][0] == "full"
    assert [finding.code for finding in findings] == ["red_over"]


def test_what_the_source_says_of_the_blue_invoice_stands() -> None:
    found = invoices(
        {"number": "1", "total_fen": 100, "reddened": "full"},
        {"number": "2", "total_fen": -30, "original_number": "1"},
    )
    assert reddened(found)[0]["reddened"].to_list() == ["full", None]
