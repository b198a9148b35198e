"""What is written by a standard comes back as it was, and what was altered never gives a wrong figure
silently."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import TaxlinkError
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import amounts, as_csv, codes, entries, figures, read, truth
from tests.normalizers.bank.writing import FORMATS, plain_pdf, receipt, ruled_pdf

GIVEN = entries([1_234_56, -99_99, 500_000_00, -1, 12, -400_000_00])
UNPROVEN = {"bank.ofx": {"unproven_amounts"}, "bank.voucher": {"unproven_amounts"}}
"""Formats without a balance before the first amount."""
LINED = {"bkrs 2021", "bkrs 2023"}
"""Formats that print a balance in each line; the others print an opening and a closing one."""


@settings(max_examples=40, deadline=None)
@given(amounts, st.sampled_from(sorted(FORMATS)))
def test_what_is_written_is_what_is_read(fen: list[int], name: str) -> None:
    made = entries(fen)
    form, write = FORMATS[name]
    found_form, found = read(write(made))
    assert found_form == form
    assert [each[:2] for each in figures(found)] == [each[:2] for each in truth(made)]
    assert codes(found) == UNPROVEN.get(form, set())
    if name in LINED:
        assert figures(found) == truth(made)


@pytest.mark.parametrize("name", FORMATS)
def test_account_counterparty_and_currency_are_told(name: str) -> None:
    _, found = read(FORMATS[name][1](GIVEN))
    account = found.tables["bank_account"].row(0, named=True)
    movements = found.tables["bank_transaction"]
    assert account["currency"] == "CNY"
    assert account["account_id"] in ("621700123", "NL26VAYB8060476890", "6217")
    assert movements["counterparty_name"].null_count() == 0
    assert movements["line"].to_list() == [1, 2, 3, 4, 5, 6]
    assert movements["pointer"].n_unique() == 6


def test_messages_in_the_blocks_of_the_network_are_read() -> None:
    message = FORMATS["mt940"][1](GIVEN).decode().removesuffix("\r\n-")
    wrapped = f"{{1:F01BANKCNBJ}}{{2:O9400000}}{{4:\r\n{message}\r\n-}}{{5:{{CHK:123}}}}\r\n"
    _, found = read((wrapped + wrapped).encode())
    assert [each[:2] for each in figures(found)] == [each[:2] for each in (*truth(GIVEN), *truth(GIVEN))]
    assert found.findings == ()


SAFE = {
    "mt940": FORMATS["mt940"][1](GIVEN),
    "camt": FORMATS["camt.053 v8"][1](GIVEN),
    "bkrs": FORMATS["bkrs 2023"][1](GIVEN),
    "csv": as_csv(BANKS["cib"](GIVEN)),
}
"""Formats that carry balances, against which a figure can be held."""
KNOWN = {name: read(content)[1].findings for name, content in SAFE.items()}
"""What is told of them when nothing was altered."""


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(SAFE)), st.integers(0, 10_000), st.integers(0, 255), st.booleans())
def test_an_altered_byte_gives_an_error_a_finding_or_the_same_figures(
    name: str, place: int, byte: int, cut: bool
) -> None:
    whole = SAFE[name]
    place %= len(whole)
    altered = whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :]
    try:
        _, found = read(altered)
    except TaxlinkError:
        return
    before, after = [fen for _, fen, _ in truth(GIVEN)], [fen for _, fen, _ in figures(found)]
    if set(found.findings) - set(KNOWN[name]):
        return
    if cut and name == "csv":  # rows that are gone leave no trace in a text without totals
        before = before[: len(after)]
    if KNOWN[name]:  # the first amount, which nothing proves, is told of
        before, after = before[1:], after[1:]
    assert after == before


@pytest.mark.parametrize("side", ["借", "D", "1 借"])
def test_a_receipt_is_a_movement_of_the_account_it_is_for(side: str) -> None:
    if side == "1 借":
        with pytest.raises(TaxlinkError, match="neither 借 nor 贷"):
            read(receipt(side=side))
        return
    _, found = read(receipt(side=side))
    row = found.tables["bank_transaction"].row(0, named=True)
    assert (row["direction"], row["amount_fen"], row["counterparty_name"]) == ("out", 8800, "收款公司")
    _, found = read(receipt(side=side, recipient="222"))
    row = found.tables["bank_transaction"].row(0, named=True)
    assert (row["direction"], row["counterparty_name"]) == ("in", "付款公司")
    assert found.tables["bank_account"]["account_id"].to_list() == ["222"]


@pytest.mark.parametrize("name", ["cib", "boc", "citic"])
def test_a_printed_table_is_read_over_all_its_pages(name: str) -> None:
    made = entries([100 + place * (-1) ** place for place in range(90)])
    rows = [row for row in BANKS[name](made) if len(row) > 2]
    form, found = read(ruled_pdf(rows))
    assert form == "bank.usual"
    assert figures(found) == truth(made)
    assert codes(found) == {"headings_again", "unproven_amounts"}
    assert found.tables["bank_transaction"]["pointer"][-1].startswith("page ")


def test_columns_without_rules_are_found_by_their_headings() -> None:
    rows = [["交易日期", "收入", "支出", "余额", "对方户名"]]
    for entry in GIVEN:
        out, into = (
            ("", f"{entry.signed / 100:.2f}") if entry.signed > 0 else (f"{-entry.signed / 100:.2f}", "")
        )
        rows.append([str(entry.on), into, out, f"{entry.balance / 100:.2f}", "某某公司"])
    content = plain_pdf(["某某银行对账单", "账号：6222020 户名：某某公司"], rows, [40, 140, 240, 340, 480])
    _, found = read(content)
    assert figures(found) == truth(GIVEN)
    assert found.tables["bank_account"]["account_id"].to_list() == ["6222020"]
