"""Pages of the bureau in the common schema: each example page beside its expected rows."""

from __future__ import annotations

from datetime import date

import pytest

from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt, DataIncomplete


def test_taxpayer(raw):
    page = raw(Dataset.TAXPAYER, "unified.taxpayer_html", "taxpayer.html", total=1)
    (row,) = normalize(Dataset.TAXPAYER, [page], ["raw/1"]).tables["taxpayer"].iter_rows(named=True)
    assert row["taxpayer_id"] == "91440104MAM6DJA96X"
    assert (row["taxpayer_kind"], row["status"]) == ("general", "normal")
    assert (row["general_since"], row["registered_on"]) == (date(2019, 6, 27), date(2019, 3, 27))
    assert row["invoice_cap_fen"] == 100_000_000
    assert row["address"] is None
    assert (row["raw_ref"], row["route"], row["parser"]) == ("raw/1", "rpa", "unified.taxpayer/1")


def test_credit_rating(raw):
    page = raw(Dataset.TAX_CREDIT_RATING, "unified.credit_html", "credit.html", total=2)
    table = normalize(Dataset.TAX_CREDIT_RATING, [page], ["raw/1"]).tables["tax_credit_rating"]
    assert table.select("year", "grade", "score", "event_date").rows() == [
        (2024, "B", 81.5, date(2025, 4, 30)),
        (2025, "A", None, date(2026, 4, 30)),
    ]


def test_vat_returns_of_both_forms(raw):
    pages = [
        raw(Dataset.TAX_RETURN, "unified.vat_html", name, f"/etax/sbcx#{name}", total=2)
        for name in ("vat_general.html", "vat_small.html")
    ]
    tables = normalize(Dataset.TAX_RETURN, pages, ["raw/1", "raw/2"]).tables
    assert tables["tax_return"].select(
        "return_id", "form", "period_start", "period_end", "due_on"
    ).rows() == [
        ("SB202607M6DJA96X", "vat_general", date(2026, 7, 1), date(2026, 7, 31), date(2026, 8, 15)),
        ("SB202604KEJTRL8A", "vat_small", date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 15)),
    ]
    figures = tables["tax_return_line"].select("return_id", "line", "column", "amount_fen").rows()
    assert set(figures) == {
        ("SB202607M6DJA96X", "1", "current", 123_450),
        ("SB202607M6DJA96X", "1", "year_to_date", 9_999_999_901),
        ("SB202607M6DJA96X", "11", "current", -1),
        ("SB202607M6DJA96X", "11", "year_to_date", 700),
        ("SB202607M6DJA96X", "34", "current", 0),
        ("SB202604KEJTRL8A", "1", "current", 30_000_000),
        ("SB202604KEJTRL8A", "1", "year_to_date", 61_000_000),
    }


def test_missing_return_is_noticed(raw):
    page = raw(Dataset.TAX_RETURN, "unified.vat_html", "vat_general.html", "/etax/sbcx#1", total=2)
    with pytest.raises(DataIncomplete):
        normalize(Dataset.TAX_RETURN, [page], ["raw/1"])


def test_nothing_filed_is_an_empty_table(raw):
    page = raw(Dataset.TAX_RETURN, "unified.vat_html", "returns_empty.html", total=0)
    tables = normalize(Dataset.TAX_RETURN, [page], ["raw/1"]).tables
    assert tables["tax_return"].is_empty()
    assert tables["tax_return_line"].is_empty()


CASES = [
    (Dataset.TAXPAYER, "unified.taxpayer_html", "taxpayer.html", "纳税人资格"),
    (Dataset.TAX_CREDIT_RATING, "unified.credit_html", "credit.html", "纳税信用等级"),
    (Dataset.TAX_RETURN, "unified.vat_html", "vat_general.html", "本月数"),
    (Dataset.TAX_RETURN, "unified.vat_html", "vat_general.html", "申报期限"),
    (Dataset.INVOICE, "unified.invoice_html", "invoices.html", "发票状态"),
]
LOCATOR = "/dppt/fpcx?direction=out"


@pytest.mark.parametrize(("dataset", "source_format", "name", "heading"), CASES)
def test_renamed_heading_stops_the_dataset(raw, dataset, source_format, name, heading):
    page = raw(dataset, source_format, name)
    changed = page.content.decode().replace(f"<th>{heading}</th>", "<th>另一个名称</th>").encode()
    with pytest.raises(ContractChanged):
        normalize(dataset, [raw(dataset, source_format, changed, LOCATOR)], ["raw/1"])


@pytest.mark.parametrize(("dataset", "source_format", "name"), [case[:3] for case in CASES])
def test_page_that_ended_early_is_corrupt(raw, dataset, source_format, name):
    half = raw(dataset, source_format, name).content[:-40]
    with pytest.raises(DataCorrupt):
        normalize(dataset, [raw(dataset, source_format, half, LOCATOR)], ["raw/1"])


def test_value_nobody_knows_stops_the_dataset(raw):
    page = raw(Dataset.TAXPAYER, "unified.taxpayer_html", "taxpayer.html")
    changed = page.content.decode().replace("<td>正常</td>", "<td>清算中</td>").encode()
    with pytest.raises(ContractChanged):
        normalize(Dataset.TAXPAYER, [raw(Dataset.TAXPAYER, "unified.taxpayer_html", changed)], ["raw/1"])


def test_new_heading_is_a_finding(raw):
    page = raw(Dataset.TAX_CREDIT_RATING, "unified.credit_html", "credit.html")
    changed = page.content.decode().replace("</th></tr>", "</th><th>评价方式</th></tr>")
    changed = changed.replace("</td></tr>", "</td><td>年度</td></tr>").encode()
    (finding,) = normalize(
        Dataset.TAX_CREDIT_RATING, [raw(Dataset.TAX_CREDIT_RATING, "unified.credit_html", changed)], ["raw/1"]
    ).findings
    assert (finding.code, finding.detail) == ("new_field", "纳税信用等级.评价方式")


def test_invoice_tables(raw):
    page = raw(Dataset.INVOICE, "unified.invoice_html", "invoices.html", LOCATOR, total=3)
    tables = normalize(Dataset.INVOICE, [page], ["raw/1"]).tables
    columns = ("number", "medium", "kind", "state", "amount_fen", "has_time", "original_number")
    assert tables["invoice"].select(columns).rows() == [
        ("26442000000000000001", "digital", "special", "valid", 100_000, True, None),
        ("00000007", "tax_control", "ordinary", "void", 999, False, None),
        ("26442000000000000002", "digital", "special", "valid", -100_000, True, "26442000000000000001"),
    ]
    assert tables["invoice_line"].is_empty()
