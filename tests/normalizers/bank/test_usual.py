"""A bank that nobody declared comes out right by the usual headings, in any wrapping."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import (
    amounts,
    as_csv,
    as_workbook,
    codes,
    entries,
    figures,
    read,
    truth,
)

GIVEN = entries([1_234_56, -99_99, 500_000_00, -1, 12, -400_000_00])
HARMLESS = {"text_row", "totals_row", "unproven_amounts"}


def ordered(name: str, found: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return found[::-1] if name == "spdb" else found


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_every_figure_of_an_undeclared_bank_is_read(name: str, encoding: str) -> None:
    form, found = read(as_csv(BANKS[name](GIVEN), encoding))
    assert form == "bank.usual"
    assert ordered(name, figures(found)) == truth(GIVEN)
    assert codes(found) <= HARMLESS


@pytest.mark.parametrize("name", BANKS)
def test_a_workbook_is_read_as_the_text_is(name: str) -> None:
    form, found = read(as_workbook(BANKS[name](GIVEN)), "statement.csv")
    assert (form, ordered(name, figures(found))) == ("bank.usual", truth(GIVEN))


@settings(max_examples=30, deadline=None)
@given(amounts, st.sampled_from(sorted(BANKS)), st.sampled_from(["gb18030", "utf-8-sig"]), st.booleans())
def test_what_is_written_is_what_is_read(fen: list[int], name: str, encoding: str, book: bool) -> None:
    made = entries(fen)
    rows = BANKS[name](made)
    _, found = read(as_workbook(rows) if book else as_csv(rows, encoding))
    assert ordered(name, figures(found)) == truth(made)
    assert codes(found) <= HARMLESS


def test_counterparty_and_account_come_with_the_figures() -> None:
    _, found = read(as_csv(BANKS["abc"](GIVEN)))
    account = found.tables["bank_account"].row(0, named=True)
    first = found.tables["bank_transaction"].row(0, named=True)
    assert (account["account_id"], account["holder_name"]) == ("103301040012345", "某某公司")
    assert (first["counterparty_name"], first["counterparty_account"]) == (GIVEN[0].name, "6222020")
    assert (first["purpose"], first["counterparty_bank"], str(first["occurred_at"])) == (
        "货款",
        "某某支行",
        "2024-01-01 09:30:00",
    )
    assert first["pointer"] == "line 4"


def test_an_invoice_list_is_no_statement() -> None:
    rows = [["发票号码", "交易日期", "收入", "支出"], ["1", "2024-01-01", "5", ""]]
    with pytest.raises(Exception, match="no format that is known"):
        read(as_csv(rows))
