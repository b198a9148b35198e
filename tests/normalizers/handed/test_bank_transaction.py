"""Statements handed over enter the snapshot as any other dataset does, and count once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from normalizers.registry import normalize
from schema.dataset import Dataset, Route
from schema.errors import DataConflict, FormatUnknown
from schema.period import Period
from schema.raw import RawPage
from schema.tables import TABLES
from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import as_csv, as_workbook, codes, entries, figures, truth

GIVEN = entries([100_00, -30_00, 70_00, -5_00])


def page(content: bytes, name: str) -> RawPage:
    return RawPage(
        dataset=Dataset.BANK_TRANSACTION,
        period=Period(start=date(2024, 1, 1), end=date(2024, 1, 31)),
        region="31",
        route=Route.API,
        source_format="handed.bank_transaction",
        locator=name,
        sequence=0,
        content=content,
        content_type="application/octet-stream",
        fetched_at=datetime(2024, 2, 1, tzinfo=UTC),
    )


def test_overlapping_statements_of_one_account_count_once() -> None:
    first, second = as_csv(BANKS["cib"](GIVEN[:3])), as_workbook(BANKS["cib"](GIVEN[1:]))
    found = normalize(
        Dataset.BANK_TRANSACTION, [page(first, "a.csv"), page(second, "b.xlsx")], ["ref-1", "ref-2"]
    )
    table = found.tables["bank_transaction"]
    assert figures(found) == truth(GIVEN)
    assert list(table.columns) == list(TABLES["bank_transaction"])
    assert table["raw_ref"].to_list() == ["ref-1"] * 3 + ["ref-2"]
    assert set(table["route"]) == {None}
    assert set(table["parser"]) == {"bank.usual/1"}
    assert "overlapping_statements" in codes(found)


def test_what_one_statement_prints_twice_happened_twice() -> None:
    rows = [["交易日期", "收入", "支出", "余额"], *[["2024-01-01", "5.00", "", ""]] * 2]
    content = as_csv(rows)
    found = normalize(Dataset.BANK_TRANSACTION, [page(content, "a"), page(content, "b")], ["1", "2"])
    assert [fen for _, fen, _ in figures(found)] == [500, 500]


def test_what_is_no_statement_is_named() -> None:
    with pytest.raises(FormatUnknown):
        normalize(Dataset.BANK_TRANSACTION, [page(b"no statement", "a.txt")], ["1"])
    invoices = [
        [
            "发票号码",
            "销方识别号",
            "销方名称",
            "购方识别号",
            "购买方名称",
            "开票日期",
            "金额",
            "税额",
            "价税合计",
        ],
        ["24312000000012345678", "91310000MA1FL8XQ37", "甲", "", "乙", "2024-01-01", "1.00", "0.13", "1.13"],
    ]
    with pytest.raises((DataConflict, FormatUnknown)):
        normalize(Dataset.BANK_TRANSACTION, [page(as_csv(invoices), "a.csv")], ["1"])
